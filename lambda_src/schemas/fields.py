"""Fields that many shapes share: identifiers, ratings and moments."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

TITLE_ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
PROFILE_ID_PATTERN = r"^[A-Za-z0-9_-]{1,64}$"
EVENT_ID_PATTERN = r"^[A-Za-z0-9_-]{8,64}$"
LONGEST_TITLE_SECONDS = 1_000_000.0
LATEST_MOMENT = 253_402_300_799.0  # the last second of the year 9999
# Beyond what any clock says, even one that counts in microseconds.
CLOCK_BOUND = 1e16
# As browsers write the years before 0 and after 9999.
_YEAR_OF_ANOTHER_AGE = re.compile(r"[+-]\d{6}-|0000-")


class Shape(BaseModel):
    """A shape of ours: immutable, and a field that nobody knows is an error, not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _milliseconds(value: float) -> float:
    # The table stores decimals of limited exponent; thousandths of a second are all that count.
    return round(value, 3)


def _half_stars(value: float) -> float:
    if value * 2 != int(value * 2):
        raise ValueError("must be a multiple of 0.5")
    return value


def moment(value: object) -> float:
    """Unix seconds of an RFC 3339 time with an offset, or of a number of seconds.

    Raises :class:`ValueError` for anything else, a time without an offset included.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("must be an RFC 3339 time or Unix seconds")
    if not isinstance(value, str):
        return _unix_seconds(value)
    try:
        time = datetime.fromisoformat(value)
    except ValueError as error:
        raise ValueError("must be an RFC 3339 time, such as 2026-11-23T19:00:00Z") from error
    if time.tzinfo is None:
        raise ValueError("must carry an offset, such as 2026-11-23T19:00:00Z")
    return time.timestamp()


def reading(value: object) -> float:
    """As :func:`moment`, of a client's clock: whatever age it is in, it is no error."""
    if isinstance(value, str) and _YEAR_OF_ANOTHER_AGE.match(value):
        return CLOCK_BOUND if value.startswith("+") else -CLOCK_BOUND
    if isinstance(value, int) and abs(value) > CLOCK_BOUND:
        return CLOCK_BOUND if value > 0 else -CLOCK_BOUND
    return min(max(moment(value), -CLOCK_BOUND), CLOCK_BOUND)


def _unix_seconds(value: float) -> float:
    try:
        return float(value)
    except OverflowError as error:
        raise ValueError("must be Unix seconds; the number is too large") from error


TitleId = Annotated[str, Field(pattern=TITLE_ID_PATTERN, description="A title's id.")]
ProfileId = Annotated[str, Field(pattern=PROFILE_ID_PATTERN, description="A profile's id.")]
EventId = Annotated[
    str,
    Field(pattern=EVENT_ID_PATTERN, description="Made by the client; a repeat counts once."),
]
Rating = Annotated[
    float,
    Field(ge=0.5, le=5, strict=True, description="Stars, 0.5 to 5 in halves."),
    AfterValidator(_half_stars),
    WithJsonSchema({"type": "number", "minimum": 0.5, "maximum": 5, "multipleOf": 0.5}),
]
Seconds = Annotated[
    float, Field(ge=0, le=LONGEST_TITLE_SECONDS, strict=True), AfterValidator(_milliseconds)
]
Moment = Annotated[
    float,
    BeforeValidator(moment),
    Field(ge=0, le=LATEST_MOMENT),
    AfterValidator(_milliseconds),
    WithJsonSchema(
        {
            "oneOf": [{"type": "string", "format": "date-time"}, {"type": "number", "minimum": 0}],
            "description": "RFC 3339 with an offset, or Unix seconds.",
        }
    ),
]
ClockReading = Annotated[
    float,
    BeforeValidator(reading),
    AfterValidator(_milliseconds),
    WithJsonSchema(
        {
            "oneOf": [{"type": "string", "format": "date-time"}, {"type": "number"}],
            "description": "RFC 3339 with an offset, or Unix seconds, by the client's clock. "
            "One that is wrong is corrected, not refused.",
        }
    ),
]
Country = Annotated[
    str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2, upper case.")
]
