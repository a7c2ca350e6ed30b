"""Records of the event stream as a consumer gets them, and what to do with poison."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import ValidationError

from schemas.envelope import VERSIONS, Envelope, parse_envelope
from schemas.errors import RetryLaterError
from schemas.validation import details_of
from services.ports import Counter


@dataclass(frozen=True, slots=True)
class StreamRecord:
    """One record. ``arrived_at`` is when the stream took it, Unix seconds."""

    shard: str
    sequence: str
    data: bytes
    arrived_at: float


class PoisonStore(Protocol):
    """Where records that nobody can read are kept for people to look at."""

    def keep(self, consumer: str, record: StreamRecord, reason: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a batch came to; ``first_failed`` is the place to go on from next time."""

    stored: int
    poison: int
    first_failed: int | None

    def failures(self, records: Sequence[StreamRecord]) -> list[dict[str, str]]:
        """Lambda's ``batchItemFailures``: the stream retries from the first one on."""
        if self.first_failed is None:
            return []
        return [{"itemIdentifier": records[self.first_failed].sequence}]


@dataclass(frozen=True, slots=True)
class Sorted:
    """A batch, read: the good envelopes by place, and the first record that must come again."""

    good: dict[int, Envelope]
    poison: int
    first_failed: int | None


def read_batch(
    records: Sequence[StreamRecord], *, consumer: str, poison: PoisonStore, count: Counter
) -> Sorted:
    """Reads a batch. What can't be read is kept whole, and the rest goes on.

    Only a record that could not even be kept has to come again.
    """
    good: dict[int, Envelope] = {}
    kept = 0
    for place, record in enumerate(records):
        try:
            good[place] = parse_envelope(record.data)
        except ValidationError as error:
            try:
                poison.keep(consumer, record, reason_of(error))
            except RetryLaterError:
                return Sorted(good, kept, place)
            kept += 1
    if kept:
        count("PoisonRecords", kept, consumer=consumer)
    return Sorted(good, kept, None)


def reason_of(error: ValidationError) -> str:
    """Why a record is poison, in words, without its content."""
    errors = error.errors(include_input=False, include_url=False)
    details = details_of(errors, drop=VERSIONS)
    return "; ".join(f"{detail.field}: {detail.message}" for detail in details)


def earliest(places: Iterable[int | None]) -> int | None:
    """The smallest place, ``None`` where there is none."""
    return min((place for place in places if place is not None), default=None)
