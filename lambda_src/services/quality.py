"""Quality of experience by title, country and network, hour by hour.

A row's measures are sums and the counts of a sketch, so rows of shards, of hours and of stripes
merge into what one reader of all events would have counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from schemas.envelope import Envelope
from schemas.event_types import PlaybackQuality
from services.contributions import HOUR_SECONDS, Addition, unstriped, window_expiry
from services.sketch import bucket_of, quantile
from services.trending import hour_of

Dimension = Literal["title", "country", "network"]
DIMENSIONS: tuple[Dimension, ...] = ("title", "country", "network")
UNKNOWN_COUNTRY, UNKNOWN_NETWORK = "??", "unknown"
_STARTUP = "startup_"


class QualityStore(Protocol):
    """The rows of quality windows."""

    def rows(self, window: str) -> Mapping[str, Mapping[str, float]]:
        """The measures of a window by the names of its rows."""


@dataclass(frozen=True, slots=True)
class Quality:
    """How playback went. Times in milliseconds, shares 0 to 1, ``None`` where nothing is known.

    ``attempts`` are playbacks that started or failed before they did; the rebuffer ratio is
    CTA-2066's, time stalled of time that should have played.
    """

    name: str
    attempts: int
    startup_p50_ms: float | None
    startup_p95_ms: float | None
    rebuffer_ratio: float | None
    failure_share: float | None


def quality_window(dimension: Dimension, at: float) -> str:
    """The window of a dimension in the hour of ``at``: ``quality#country#2026-11-23T19``."""
    return f"quality#{dimension}#{hour_of(at)}"


def quality_additions(envelope: Envelope) -> list[Addition]:
    """What a report of playback adds, once for each dimension."""
    event = envelope.event
    if not isinstance(event, PlaybackQuality):
        return []
    names = {
        "title": event.title_id,
        "country": envelope.country or UNKNOWN_COUNTRY,
        "network": event.network or UNKNOWN_NETWORK,
    }
    at, measures = envelope.occurred_at, _measures(event)
    if not measures:  # a report of nothing
        return []
    return [
        Addition(
            window=quality_window(dimension, at),
            row=names[dimension],
            expires_at=window_expiry(at),
            measures=measures,
        )
        for dimension in DIMENSIONS
    ]


def qualities(
    store: QualityStore, dimension: Dimension, *, now: float, hours: int = 2
) -> list[Quality]:
    """The last hours' qualities of a dimension, those with the most attempts first."""
    merged: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for age in range(hours):
        rows = store.rows(quality_window(dimension, now - age * HOUR_SECONDS))
        for striped, measures in rows.items():
            row = merged[unstriped(striped)]
            for measure, value in measures.items():
                row[measure] += value
    found = [quality_of(name, measures) for name, measures in merged.items()]
    return sorted(found, key=lambda quality: (-quality.attempts, quality.name))


def quality_of(name: str, measures: Mapping[str, float]) -> Quality:
    """A row as people read it."""
    startups = {
        int(measure.removeprefix(_STARTUP)): count
        for measure, count in measures.items()
        if measure.startswith(_STARTUP)
    }
    stalled = measures.get("rebuffer_ms", 0.0)
    attempts = measures.get("attempts", 0.0)
    return Quality(
        name=name,
        attempts=int(attempts),
        startup_p50_ms=quantile(startups, 0.5),
        startup_p95_ms=quantile(startups, 0.95),
        rebuffer_ratio=_share(stalled, stalled + measures.get("playing_ms", 0.0)),
        failure_share=_share(measures.get("failures", 0.0), attempts),
    )


def reports(envelopes: Iterable[Envelope]) -> Sequence[tuple[Envelope, PlaybackQuality]]:
    """The reports of playback among envelopes."""
    return [
        (envelope, envelope.event)
        for envelope in envelopes
        if isinstance(envelope.event, PlaybackQuality)
    ]


def is_attempt(event: PlaybackQuality) -> bool:
    """Whether it tells of a playback's beginning, or that there was none."""
    return event.startup_ms is not None or event.failed


def _measures(event: PlaybackQuality) -> dict[str, float]:
    found = {
        "attempts": float(is_attempt(event)),
        "failures": float(event.failed),
        "playing_ms": float(event.playing_ms),
        "rebuffer_ms": float(event.rebuffer_ms),
        "rebuffers": float(event.rebuffer_count),
    }
    if event.startup_ms is not None:
        found[f"{_STARTUP}{bucket_of(event.startup_ms)}"] = 1.0
    return {measure: value for measure, value in found.items() if value}


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
