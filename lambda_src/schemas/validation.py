"""pydantic's errors in our own words: the field as the client wrote it, and what it must be."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from schemas.errors import Detail

# Where powertools says a value came from; clients know their fields by name alone.
_PLACES = frozenset({"body", "query", "path", "header"})
_MAX_DETAILS = 50


def details_of(
    errors: Iterable[Mapping[str, Any]], *, drop: Collection[str | int] = ()
) -> list[Detail]:
    """Our details of pydantic's (or powertools') errors; path parts in ``drop`` are left out."""
    details: list[Detail] = []
    for error in errors:
        detail = Detail(field_of(_location(error), drop=drop), _message(error))
        if detail not in details:
            details.append(detail)
    return details[:_MAX_DETAILS]


def field_of(location: Iterable[str | int], *, drop: Collection[str | int] = ()) -> str:
    """``("body", "events", 3, "rating")`` as ``events[3].rating``; the body itself as ``body``."""
    parts = list(location)
    if parts and parts[0] in _PLACES:
        parts = parts[1:] or parts
    if parts and parts[0] in drop:
        parts = parts[1:]
    path = ""
    for part in parts:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    return path.removeprefix(".") or "body"


def _location(error: Mapping[str, Any]) -> tuple[str | int, ...]:
    # A type that is missing or unknown is a fault of that field, not of the whole object.
    if str(error.get("type", "")).startswith("union_tag"):
        return (*error["loc"], error["ctx"]["discriminator"].strip("'").rstrip("_"))
    return tuple(error["loc"])


def _message(error: Mapping[str, Any]) -> str:
    kind = error.get("type")
    context = error.get("ctx") or {}
    if kind in {"union_tag_not_found", "missing"}:
        return "is required"
    if kind == "union_tag_invalid":
        return f"must be one of {context.get('expected_tags')}"
    if kind == "extra_forbidden":
        return "is not a field here"
    if kind == "json_invalid":
        return f"is not JSON: {context.get('error', 'malformed')}"
    if kind == "value_error":
        return str(context.get("error", error["msg"]))
    message = str(error["msg"])
    return message.replace("Input should", "must").replace("String should", "must")
