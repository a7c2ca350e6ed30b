"""From the stream to the windows: every play, completion and report of playback counts once.

An event counts in the hour in which it happened, however late it comes, as long as that hour's
window is there: two days. What is later than that is counted as late and left to the lake.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass

from schemas.envelope import Envelope
from schemas.errors import RetryLaterError
from schemas.event_types import Complete, Play, PlaybackQuality, TitleEvent
from services.contributions import (
    HOUR_SECONDS,
    Addition,
    Contribution,
    Placed,
    WindowCounts,
    contribution,
    is_too_late,
    marker_of,
    transactions,
    window_expiry,
)
from services.ports import Counter, Distribution
from services.quality import UNKNOWN_NETWORK, quality_additions, reports
from services.stream import Aside, Outcome, PoisonStore, StreamRecord, read_batch
from services.trending import (
    EVERYBODY,
    FAILING_HOURS,
    RECENT_HOURS,
    failing_window,
    hour_window,
    scopes_of,
)

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
        counted = [
            (place, each)
            for place, envelope in batch.good.items()
            for each in contributions_of(envelope, now=now, shard=records[place].shard)
        ]
        self._note_late(batch.good.values(), now)
        new = 0
        for part in transactions(_without_repeats(counted)):
            try:
                fresh = {each.marker for each in self.trending.add([each for _, each in part])}
            except RetryLaterError:
                first, _ = part[0]
                return Outcome(new, *aside.put(records, batch.bad, first))
            new += len(fresh)
            self._measure([batch.good[p] for p in dict(part)], fresh)
        return Outcome(new, *aside.put(records, batch.bad, None))

    def _note_late(self, envelopes: Iterable[Envelope], now: float) -> None:
        late = sum(_counts(envelope) and is_too_late(envelope, now) for envelope in envelopes)
        if late:
            self.count("LateEvents", late, consumer=CONSUMER)

    def _measure(self, envelopes: Sequence[Envelope], fresh: Container[str]) -> None:
        """Metrics of what has just been counted: once each at most, a crash may lose some."""
        by_dimension: dict[tuple[str, str], list[PlaybackQuality]] = defaultdict(list)
        for envelope, event in reports(envelopes):
            if marker_of(envelope.profile_id, event.event_id) not in fresh:
                continue
            known = envelope.country in self.countries
            by_dimension["country", str(envelope.country) if known else OTHER_COUNTRY].append(event)
            by_dimension["network", event.network or UNKNOWN_NETWORK].append(event)
        for (dimension, name), events in by_dimension.items():
            for metric, values in _metrics(events):
                self.measure(metric, values, **{dimension: name})


def contributions_of(envelope: Envelope, *, now: float, shard: str) -> list[Contribution]:
    """What an event adds to which windows; nothing where they are long gone.

    A report of playback counts once by its id. That an account played, finished or could not
    play a title counts once in the hours that are looked at together: one client alone, however
    often, as whichever of its profiles, from wherever and of whichever hour it says so, brings
    no title onto the page and takes none off it.
    """
    if not _counts(envelope) or is_too_late(envelope, now):
        return []
    event = envelope.event
    found = [(envelope.profile_id, event.event_id, quality_additions(envelope))]
    word, hours, score, windows = _word_of(envelope)
    if isinstance(event, TitleEvent) and windows:
        span = int(envelope.occurred_at // (hours * HOUR_SECONDS))
        expires_at = window_expiry(envelope.occurred_at)
        additions = [
            Addition(window, event.title_id, expires_at, {"score": score}) for window in windows
        ]
        found.append((envelope.account_id, f"{word}/{event.title_id}/{span}", additions))
    return [
        contribution(who, once, additions, shard=shard, now=now)
        for who, once, additions in found
        if additions
    ]


def _word_of(envelope: Envelope) -> tuple[str, int, float, list[str]]:
    """What the event says of its title, once in how many hours, for how much, in which windows."""
    event, at = envelope.event, envelope.occurred_at
    if isinstance(event, Play | Complete):
        scopes = [EVERYBODY, *scopes_of(envelope.country, envelope.maturity_ceiling)]
        windows = [hour_window(at, scope) for scope in scopes]
        return event.type, RECENT_HOURS, WEIGHTS[event.type], windows
    if isinstance(event, PlaybackQuality) and event.failed:
        return "failed", FAILING_HOURS, 1.0, [failing_window(at)]
    return "", 1, 0.0, []


def _counts(envelope: Envelope) -> bool:
    return isinstance(envelope.event, Play | Complete | PlaybackQuality)


def _metrics(events: Sequence[PlaybackQuality]) -> Iterator[tuple[str, list[float]]]:
    startups = [float(event.startup_ms) for event in events if event.startup_ms is not None]
    if startups:
        yield "StartupMilliseconds", startups
    yield "PlayingMilliseconds", [float(sum(event.playing_ms for event in events))]
    yield "RebufferMilliseconds", [float(sum(event.rebuffer_ms for event in events))]
    yield "PlaybackFailures", [float(sum(event.failed for event in events))]


def _without_repeats(counted: Iterable[Placed]) -> list[Placed]:
    first: dict[str, Placed] = {}
    for placed in counted:
        first.setdefault(placed[1].marker, placed)
    return list(first.values())
