"""Records of the event stream as a consumer gets them, and what to do with poison."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from pydantic import ValidationError

from schemas.envelope import VERSIONS, Envelope, parse_envelope
from schemas.errors import RetryLaterError
from schemas.validation import details_of
from services.ports import Counter

_KEPT_AT_ONCE = 16


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
    bad: dict[int, str] = {}
    for place, record in enumerate(records):
        try:
            good[place] = parse_envelope(record.data)
        except ValidationError as error:
            bad[place] = reason_of(error)
    kept = set_aside(records, bad, consumer=consumer, poison=poison, count=count)
    return Sorted(good, kept.stored, kept.first_failed)


@dataclass(frozen=True, slots=True)
class Kept:
    """How many records were set aside, and the first of those that could not be."""

    stored: int
    first_failed: int | None


def set_aside(
    records: Sequence[StreamRecord],
    reasons: Mapping[int, str],
    *,
    consumer: str,
    poison: PoisonStore,
    count: Counter,
) -> Kept:
    """Keeps the records at the places of ``reasons``, several at once, and counts them."""

    def keep(place: int) -> int | None:
        try:
            poison.keep(consumer, records[place], reasons[place])
        except RetryLaterError:
            return place
        return None

    if not reasons:
        return Kept(0, None)
    with ThreadPoolExecutor(max_workers=_KEPT_AT_ONCE) as threads:
        failed = [place for place in threads.map(keep, reasons) if place is not None]
    kept = len(reasons) - len(failed)
    if kept:
        count("PoisonRecords", kept, consumer=consumer)
    return Kept(kept, min(failed, default=None))


def reason_of(error: ValidationError) -> str:
    """Why a record is poison, in words, without its content."""
    errors = error.errors(include_input=False, include_url=False)
    details = details_of(errors, drop=VERSIONS)
    return "; ".join(f"{detail.field}: {detail.message}" for detail in details)


def earliest(places: Iterable[int | None]) -> int | None:
    """The smallest place, ``None`` where there is none."""
    return min((place for place in places if place is not None), default=None)
