"""A record of the event stream and of the lake: an event, who sent it, and when it happened.

The shape is versioned by ``schema``. Readers know every version that the stream or the lake
may still hold; writers write the newest. A field is only ever added with a new version, and
readers are deployed before writers: the events stack stands before the API's.

===  ====================================================================================
1    the event, its account and profile, ``received_at``
2    also ``occurred_at`` and ``clock``, ``sent_at``, ``country`` and ``maturity_ceiling``
===  ====================================================================================
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from recommender.history import Signal
from schemas.clocks import Clock, corrected
from schemas.events import ViewerEvent
from schemas.fields import LATEST_MOMENT, ClockReading, Country, ProfileId, Shape

AccountId = Annotated[str, Field(min_length=1, max_length=128)]
Instant = Annotated[float, Field(ge=0, le=LATEST_MOMENT, strict=True)]


class EnvelopeV1(Shape):
    """A record of version 1, which nobody writes any more."""

    schema_: Literal[1] = Field(alias="schema")
    event: ViewerEvent
    account_id: AccountId
    profile_id: ProfileId
    received_at: Instant

    def upgraded(self) -> Envelope:
        """The same in the newest version."""
        return sealed(
            self.event,
            account_id=self.account_id,
            profile_id=self.profile_id,
            received_at=self.received_at,
        )


class Envelope(Shape):
    """A record of the newest version. Times are Unix seconds; ``schema_`` is ``schema`` in JSON.

    ``occurred_at`` is when it happened as far as can be known, never after ``received_at``, and
    ``clock`` how that was found; ``event.occurred_at`` and ``sent_at`` are what the client said.
    Windows and registers go by this one time, so a record read twice says the same twice.

    ``country`` and ``maturity_ceiling`` are the profile's at the time, by the rule that the
    home page asks by (the profile's own country, else where the request came from). Ingest
    reads the profile anyway, to see that it is the account's, so they cost no read; a window by
    country and maturity needs no join, and a profile that moves does not rewrite what it
    watched before.
    """

    schema_: Literal[2] = Field(alias="schema")
    event: ViewerEvent
    account_id: AccountId
    profile_id: ProfileId
    received_at: Instant
    occurred_at: Instant
    clock: Clock
    sent_at: ClockReading | None = None
    country: Country | None = None
    maturity_ceiling: Annotated[int, Field(ge=0, le=18, strict=True)] | None = None

    def signals(self) -> tuple[Signal, ...]:
        """What the profile's history learns from it."""
        return self.event.signals(self.occurred_at)

    def to_json(self) -> bytes:
        """The bytes that go on the stream."""
        return self.model_dump_json(by_alias=True, exclude_none=True).encode()


VERSIONS = frozenset({1, 2})
STREAM_RECORD: TypeAdapter[EnvelopeV1 | Envelope] = TypeAdapter(
    Annotated[EnvelopeV1 | Envelope, Field(discriminator="schema_")]
)


def sealed(
    event: ViewerEvent,
    *,
    account_id: str,
    profile_id: str,
    received_at: float,
    sent_at: float | None = None,
    country: str | None = None,
    maturity_ceiling: int | None = None,
) -> Envelope:
    """``event`` with who sent it and when it happened; times are kept to the millisecond."""
    received_at = round(received_at, 3)
    occurred_at, clock = corrected(event.occurred_at, sent_at=sent_at, received_at=received_at)
    return Envelope(
        schema=2,
        event=event,
        account_id=account_id,
        profile_id=profile_id,
        received_at=received_at,
        occurred_at=occurred_at,
        clock=clock,
        sent_at=sent_at,
        country=country,
        maturity_ceiling=maturity_ceiling,
    )


def parse_envelope(data: bytes) -> Envelope:
    """One record of the stream; :class:`pydantic.ValidationError` where it is none."""
    record = STREAM_RECORD.validate_json(data)
    return record.upgraded() if isinstance(record, EnvelopeV1) else record
