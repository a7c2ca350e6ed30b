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
    """A batch, read, by place: the envelopes, and why the others are none."""

    good: dict[int, Envelope]
    bad: dict[int, str]


def read_batch(records: Sequence[StreamRecord]) -> Sorted:
    """Reads a batch. What can't be read is to be set aside once the good ones are applied."""
    batch = Sorted({}, {})
    for place, record in enumerate(records):
        try:
            batch.good[place] = parse_envelope(record.data)
        except ValidationError as error:
            batch.bad[place] = reason_of(error)
    return batch


@dataclass(frozen=True, kw_only=True)
class Aside:
    """Where a consumer puts what can't be applied."""

    consumer: str
    poison: PoisonStore
    count: Counter

    def put(
        self, records: Sequence[StreamRecord], reasons: Mapping[int, str], failed: int | None
    ) -> tuple[int, int | None]:
        """Keeps the records at the places of ``reasons``, several at once, and counts them.

        How many were kept, and the first place that must come again. Those after ``failed``
        come again anyway, and so does all after one that can't be kept: a bucket that hangs is
        not asked for each of five hundred records.
        """
        places = [place for place in sorted(reasons) if failed is None or place < failed]
        kept = 0

        def keep(place: int) -> bool:
            try:
                self.poison.keep(self.consumer, records[place], reasons[place])
            except RetryLaterError:
                return False
            return True

        with ThreadPoolExecutor(max_workers=_KEPT_AT_ONCE) as threads:
            for start in range(0, len(places), _KEPT_AT_ONCE):
                some = places[start : start + _KEPT_AT_ONCE]
                done = list(threads.map(keep, some))
                kept += sum(done)
                if not all(done):
                    failed = some[done.index(False)]
                    break
        if kept:
            self.count("PoisonRecords", kept, consumer=self.consumer)
        return kept, failed


def reason_of(error: ValidationError) -> str:
    """Why a record is poison, in words, without its content."""
    errors = error.errors(include_input=False, include_url=False)
    details = details_of(errors, drop=VERSIONS)
    return "; ".join(f"{detail.field}: {detail.message}" for detail in details)


def earliest(places: Iterable[int | None]) -> int | None:
    """The smallest place, ``None`` where there is none."""
    return min((place for place in places if place is not None), default=None)
