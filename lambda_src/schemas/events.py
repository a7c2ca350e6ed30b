"""Events of the player and the page: one shape per type, told apart by ``type``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from recommender.history import Signal, SignalKind
from schemas.errors import Detail
from schemas.fields import (
    LATEST_MOMENT,
    EventId,
    Moment,
    ProfileId,
    Rating,
    Seconds,
    Shape,
    TitleId,
)
from schemas.validation import details_of

MAX_EVENTS = 500


class _Event(Shape):
    event_id: EventId
    title_id: TitleId
    occurred_at: Moment | None = None

    def signals(self, at: float) -> tuple[Signal, ...]:
        """What the event says about the title, as history knows it; ``at`` is Unix seconds."""
        return ()

    def _signal(self, kind: SignalKind, at: float, value: float | None = None) -> Signal:
        return Signal(title_id=self.title_id, kind=kind, occurred_at=at, value=value)


class _Playback(_Event):
    position_seconds: Seconds | None = None
    duration_seconds: Seconds | None = None

    def signals(self, at: float) -> tuple[Signal, ...]:
        """The position, where the event carries one."""
        if self.position_seconds is None:
            return ()
        return (
            Signal(
                title_id=self.title_id,
                kind=SignalKind.POSITION,
                occurred_at=at,
                value=self.position_seconds,
                duration_seconds=self.duration_seconds,
            ),
        )


class Play(_Playback):
    """Playback started."""

    type: Literal["play"]


class Progress(_Playback):
    """Playback goes on; players send one every ten seconds or so."""

    type: Literal["progress"]
    position_seconds: Seconds


class Pause(_Playback):
    """Playback stopped for now."""

    type: Literal["pause"]
    position_seconds: Seconds


class Complete(_Playback):
    """The title was watched to its end."""

    type: Literal["complete"]

    def signals(self, at: float) -> tuple[Signal, ...]:
        """Completion, and the position beside it."""
        return (self._signal(SignalKind.COMPLETE, at), *super().signals(at))


class Abandon(_Playback):
    """The viewer gave the title up."""

    type: Literal["abandon"]

    def signals(self, at: float) -> tuple[Signal, ...]:
        """The end of interest, and the position beside it."""
        return (self._signal(SignalKind.ABANDON, at), *super().signals(at))


class Rate(_Event):
    """The viewer rated the title."""

    type: Literal["rate"]
    rating: Rating

    def signals(self, at: float) -> tuple[Signal, ...]:
        """The rating."""
        return (self._signal(SignalKind.RATE, at, self.rating),)


class RateRemove(_Event):
    """The viewer took the rating back."""

    type: Literal["rate_remove"]

    def signals(self, at: float) -> tuple[Signal, ...]:
        """A rating of nothing."""
        return (self._signal(SignalKind.RATE, at),)


class ListAdd(_Event):
    """The title went on the viewer's list."""

    type: Literal["list_add"]

    def signals(self, at: float) -> tuple[Signal, ...]:
        """On the list."""
        return (self._signal(SignalKind.LIST, at, 1.0),)


class ListRemove(_Event):
    """The title came off the viewer's list."""

    type: Literal["list_remove"]

    def signals(self, at: float) -> tuple[Signal, ...]:
        """Off the list."""
        return (self._signal(SignalKind.LIST, at, 0.0),)


class Dismiss(_Event):
    """The viewer doesn't want the title suggested."""

    type: Literal["dismiss"]

    def signals(self, at: float) -> tuple[Signal, ...]:
        """The dismissal."""
        return (self._signal(SignalKind.DISMISS, at),)


class Impression(_Event):
    """The title was on screen. Says nothing of the title's state; it is for the lake."""

    type: Literal["impression"]


class Click(_Event):
    """The title was opened. Says nothing of the title's state; it is for the lake."""

    type: Literal["click"]


ViewerEvent = Annotated[
    Play
    | Progress
    | Pause
    | Complete
    | Abandon
    | Rate
    | RateRemove
    | ListAdd
    | ListRemove
    | Dismiss
    | Impression
    | Click,
    Field(discriminator="type"),
]
VIEWER_EVENT: TypeAdapter[ViewerEvent] = TypeAdapter(ViewerEvent)


class Envelope(Shape):
    """A record of the event stream. ``schema_`` is ``schema`` on the wire."""

    schema_: Literal[1] = Field(alias="schema")
    event: ViewerEvent
    account_id: str = Field(min_length=1, max_length=128)
    profile_id: ProfileId
    received_at: float = Field(ge=0, le=LATEST_MOMENT, strict=True)

    @property
    def occurred_at(self) -> float:
        """When it happened, Unix seconds: never later than it was received by our own clock."""
        at = self.event.occurred_at
        received_at = round(self.received_at, 3)
        return received_at if at is None else min(at, received_at)

    def signals(self) -> tuple[Signal, ...]:
        """What the profile's history learns from it."""
        return self.event.signals(self.occurred_at)

    def to_json(self) -> bytes:
        """The bytes that go on the stream."""
        return self.model_dump_json(by_alias=True, exclude_none=True).encode()


def sealed(event: ViewerEvent, *, account_id: str, profile_id: str, received_at: float) -> Envelope:
    """``event`` with who sent it and when it came in."""
    return Envelope(
        schema=1,
        event=event,
        account_id=account_id,
        profile_id=profile_id,
        received_at=received_at,
    )


def parse_event(raw: object) -> ViewerEvent | list[Detail]:
    """One event of a request; what is wrong with it, field by field, where it is none."""
    try:
        return VIEWER_EVENT.validate_python(raw)
    except ValidationError as error:
        return details_of(error.errors(), drop=_union_tag(raw))


def parse_envelope(data: bytes) -> Envelope:
    """One record of the stream; :class:`pydantic.ValidationError` where it is none."""
    return Envelope.model_validate_json(data)


def _union_tag(raw: object) -> frozenset[str]:
    # pydantic names the branch of the union it took as if it were a field.
    tag: Any = raw.get("type") if isinstance(raw, dict) else None
    return frozenset({tag} if isinstance(tag, str) else ())
