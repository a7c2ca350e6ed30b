"""An event of the player or the page, whatever its type, and what is wrong with one."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from schemas.errors import Detail
from schemas.event_types import (
    Abandon,
    Click,
    Complete,
    Dismiss,
    Impression,
    ListAdd,
    ListRemove,
    Pause,
    Play,
    PlaybackQuality,
    Progress,
    Rate,
    RateRemove,
    Search,
)
from schemas.validation import details_of

MAX_EVENTS = 500

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
    | Click
    | Search
    | PlaybackQuality,
    Field(discriminator="type"),
]
VIEWER_EVENT: TypeAdapter[ViewerEvent] = TypeAdapter(ViewerEvent)


def parse_sent(raw: object) -> ViewerEvent | list[Detail]:
    """One event of a request, as :func:`parse_event`; a client must tell when it happened."""
    event = parse_event(raw)
    if isinstance(event, list) or event.occurred_at is not None:
        return event
    return [Detail("occurred_at", "is required")]


def parse_event(raw: object) -> ViewerEvent | list[Detail]:
    """An event; what is wrong with it, field by field, where it is none."""
    try:
        return VIEWER_EVENT.validate_python(raw)
    except ValidationError as error:
        return details_of(error.errors(), drop=_union_tag(raw))


def sent_event(shape: str) -> dict[str, Any]:
    """The JSON Schema of an event of a request: ``shape`` is a reference to ViewerEvent."""
    return {"allOf": [{"$ref": shape}, {"required": ["occurred_at"]}]}


def _union_tag(raw: object) -> frozenset[str]:
    # pydantic names the branch of the union it took as if it were a field.
    tag: Any = raw.get("type") if isinstance(raw, dict) else None
    return frozenset({tag} if isinstance(tag, str) else ())
