"""From the stream to the trending windows: every play and completion counts exactly once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from schemas.envelope import Envelope
from schemas.errors import RetryLaterError
from schemas.event_types import Complete, Play
from services.ports import Counter
from services.stream import Outcome, PoisonStore, StreamRecord, earliest, read_batch
from services.trending import HOUR_SECONDS, hour_window

CONSUMER = "trending"
# What an event says of how much a title is wanted.
WEIGHTS = {"play": 1.0, "complete": 2.0}
WINDOW_LIFETIME_SECONDS = 48 * HOUR_SECONDS
# Longer than a stream can keep a record (a week), so that no replay counts twice.
MARKER_LIFETIME_SECONDS = 8 * 24 * HOUR_SECONDS
# A transaction has at most 100 actions: a marker and a counter for each event.
EVENTS_PER_TRANSACTION = 50


@dataclass(frozen=True, slots=True)
class Count:
    """``score`` for a title in a window, guarded by a ``marker`` of the event it comes from."""

    marker: str
    marker_expires_at: int
    window: str
    window_expires_at: int
    title_id: str
    score: float


class TrendingCounts(Protocol):
    """The writing side of the trending table."""

    def add(self, counts: Sequence[Count]) -> int:
        """Adds those whose marker is new, all or none at once; how many were. At most 50."""


@dataclass(frozen=True, kw_only=True)
class TrendingUpdates:
    """The trending consumer."""

    trending: TrendingCounts
    poison: PoisonStore
    count: Counter

    def apply(self, records: Sequence[StreamRecord], *, now: float) -> Outcome:
        """Counts a batch; a store's failure leaves the rest of the batch for next time."""
        batch = read_batch(records, consumer=CONSUMER, poison=self.poison, count=self.count)
        counted = {
            place: count
            for place, envelope in batch.good.items()
            if (count := count_of(envelope, now=now)) is not None
        }
        new = 0
        for places in _chunks(list(_without_repeats(counted))):
            try:
                new += self.trending.add([counted[place] for place in places])
            except RetryLaterError:
                return Outcome(new, batch.poison, earliest([places[0], batch.first_failed]))
        return Outcome(new, batch.poison, batch.first_failed)


def count_of(envelope: Envelope, *, now: float) -> Count | None:
    """What an event adds to which window; ``None`` for nothing, or a window long gone."""
    event = envelope.event
    if not isinstance(event, Play | Complete):
        return None
    weight = WEIGHTS[event.type]
    at = envelope.occurred_at
    hour_ends = (at // HOUR_SECONDS + 1) * HOUR_SECONDS
    expires_at = int(hour_ends + WINDOW_LIFETIME_SECONDS)
    if expires_at <= now:
        return None
    return Count(
        marker=marker_of(envelope),
        marker_expires_at=int(now) + MARKER_LIFETIME_SECONDS,
        window=hour_window(at),
        window_expires_at=expires_at,
        title_id=event.title_id,
        score=weight,
    )


def marker_of(envelope: Envelope) -> str:
    """An event's marker. Clients make the ids, so one profile's must not hide another's."""
    identity = f"{envelope.profile_id}/{envelope.event.event_id}"
    return f"event#{hashlib.sha256(identity.encode()).hexdigest()[:40]}"


def _without_repeats(counted: dict[int, Count]) -> Iterator[int]:
    known: set[str] = set()
    for place, count in counted.items():
        if count.marker not in known:
            known.add(count.marker)
            yield place


def _chunks(places: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(places), EVENTS_PER_TRANSACTION):
        yield places[start : start + EVENTS_PER_TRANSACTION]
