"""From the stream to the windows: every play, completion and report of playback counts once.

An event counts in the hour in which it happened, however late it comes, as long as that hour's
window is there: two days. What is later than that is counted as late and left to the lake.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from schemas.envelope import Envelope
from schemas.errors import RetryLaterError
from schemas.event_types import Complete, Play, PlaybackQuality
from services.contributions import (
    Addition,
    Contribution,
    WindowCounts,
    contribution,
    is_too_late,
    transactions,
    window_expiry,
)
from services.ports import Counter, Distribution
from services.quality import UNKNOWN_NETWORK, quality_additions, reports
from services.stream import Aside, Outcome, PoisonStore, StreamRecord, read_batch
from services.trending import EVERYBODY, failing_window, hour_window, scopes_of

CONSUMER = "trending"
# What an event says of how much a title is wanted.
WEIGHTS = {"play": 1.0, "complete": 2.0}
OTHER_COUNTRY = "other"


@dataclass(frozen=True, kw_only=True)
class TrendingUpdates:
    """The windows' consumer. ``countries`` are those with metrics of their own."""

    trending: WindowCounts
    poison: PoisonStore
    count: Counter
    measure: Distribution
    countries: frozenset[str] = frozenset()

    def apply(self, records: Sequence[StreamRecord], *, now: float) -> Outcome:
        """Counts a batch; a store's failure leaves the rest of the batch for next time."""
        batch = read_batch(records)
        aside = Aside(consumer=CONSUMER, poison=self.poison, count=self.count)
        counted = {
            place: each
            for place, envelope in batch.good.items()
            if (each := contribution_of(envelope, now=now, shard=records[place].shard))
        }
        self._note_late(batch.good.values(), now)
        envelopes = {each.marker: batch.good[place] for place, each in counted.items()}
        new = 0
        for places in transactions(_without_repeats(counted)):
            try:
                fresh = self.trending.add([counted[place] for place in places])
            except RetryLaterError:
                return Outcome(new, *aside.put(records, batch.bad, places[0]))
            new += len(fresh)
            self._measure([envelopes[each.marker] for each in fresh])
        return Outcome(new, *aside.put(records, batch.bad, None))

    def _note_late(self, envelopes: Iterable[Envelope], now: float) -> None:
        late = sum(_counts(envelope) and is_too_late(envelope, now) for envelope in envelopes)
        if late:
            self.count("LateEvents", late, consumer=CONSUMER)

    def _measure(self, envelopes: Sequence[Envelope]) -> None:
        """Metrics of what has just been counted: once each at most, a crash may lose some."""
        by_dimension: dict[tuple[str, str], list[PlaybackQuality]] = defaultdict(list)
        for envelope, event in reports(envelopes):
            known = envelope.country in self.countries
            by_dimension["country", str(envelope.country) if known else OTHER_COUNTRY].append(event)
            by_dimension["network", event.network or UNKNOWN_NETWORK].append(event)
        for (dimension, name), events in by_dimension.items():
            for metric, values in _metrics(events):
                self.measure(metric, values, **{dimension: name})


def contribution_of(envelope: Envelope, *, now: float, shard: str) -> Contribution | None:
    """What an event adds to which windows; ``None`` for nothing, or windows long gone."""
    if not _counts(envelope) or is_too_late(envelope, now):
        return None
    additions = [
        *_trending_additions(envelope),
        *quality_additions(envelope, stripe=zlib.crc32(shard.encode())),
    ]
    return contribution(envelope, additions, now=now) if additions else None


def _counts(envelope: Envelope) -> bool:
    return isinstance(envelope.event, Play | Complete | PlaybackQuality)


def _trending_additions(envelope: Envelope) -> list[Addition]:
    event, at = envelope.event, envelope.occurred_at
    windows: list[str] = []
    score = 1.0
    if isinstance(event, Play | Complete):
        scopes = [EVERYBODY, *scopes_of(envelope.country, envelope.maturity_ceiling)]
        windows = [hour_window(at, scope) for scope in scopes]
        score = WEIGHTS[event.type]
    elif isinstance(event, PlaybackQuality) and event.failed:
        windows = [failing_window(at)]
    return [
        Addition(window, event.title_id, window_expiry(at), {"score": score})
        for window in windows
        if isinstance(event, Play | Complete | PlaybackQuality)
    ]


def _metrics(events: Sequence[PlaybackQuality]) -> Iterator[tuple[str, list[float]]]:
    startups = [float(event.startup_ms) for event in events if event.startup_ms is not None]
    if startups:
        yield "StartupMilliseconds", startups
    yield "PlayingMilliseconds", [float(sum(event.playing_ms for event in events))]
    yield "RebufferMilliseconds", [float(sum(event.rebuffer_ms for event in events))]
    yield "PlaybackFailures", [float(sum(event.failed for event in events))]


def _without_repeats(counted: dict[int, Contribution]) -> dict[int, Contribution]:
    first: dict[str, int] = {}
    for place, each in counted.items():
        first.setdefault(each.marker, place)
    return {place: counted[place] for place in first.values()}
