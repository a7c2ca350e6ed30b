"""Ratings, the list and batches of events, as requests and answers."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from schemas.events import MAX_EVENTS, sent_event
from schemas.fields import ClockReading, Rating, Shape
from schemas.responses import DetailCard


class RatingBody(Shape):
    """The body of ``PUT …/ratings/{title_id}``."""

    rating: Rating


class TitleRating(Shape):
    """A profile's rating of a title; ``null`` when taken back. ``rated_at`` is Unix seconds."""

    profile_id: str
    title_id: str
    rating: float | None
    rated_at: float | None


class TitleListing(Shape):
    """Whether a title is on a profile's list. ``listed_at`` is when that changed last."""

    profile_id: str
    title_id: str
    listed: bool
    listed_at: float | None


# Checked one by one, so that a bad event loses none of its neighbours; the document says what
# each must be all the same.
RawEvents = Annotated[
    list[Any],
    Field(min_length=1, max_length=MAX_EVENTS),
    WithJsonSchema(
        {
            "type": "array",
            "minItems": 1,
            "maxItems": MAX_EVENTS,
            "items": sent_event("#/components/schemas/ViewerEvent"),
        }
    ),
]


class EventBatch(Shape):
    """The body of ``POST …/events``. ``sent_at`` is the client's clock as it sends the batch.

    With it, a clock that is wrong is found and its events are moved to when they happened: the
    same moment however often they are sent.
    """

    sent_at: ClockReading
    events: RawEvents


class RejectedEvent(Shape):
    """An event that was not taken, by its place in the batch."""

    index: int
    code: str
    message: str
    details: list[DetailCard]


class EventReceipt(Shape):
    """What became of a batch."""

    accepted: int
    rejected: list[RejectedEvent]
