"""Windows of the trending table: what they are called, and what they add up to."""

from __future__ import annotations

from datetime import UTC, datetime

from services.ports import TrendingStore

POPULAR_WINDOW = "popular"
HOUR_SECONDS = 3600
RECENT_HOURS = 6
# What an hour's plays count for after each further hour: half after about three.
HOURLY_DECAY = 0.8


def hour_window(at: float) -> str:
    """The window of the hour of ``at`` (Unix seconds): ``hour#2026-11-23T19``."""
    return f"hour#{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H}"


def trending_now(store: TrendingStore, now: float) -> dict[str, float]:
    """Scores by title id of the last hours, later ones counting more."""
    totals: dict[str, float] = {}
    for age in range(RECENT_HOURS):
        weight = HOURLY_DECAY**age
        for title_id, score in store.scores(hour_window(now - age * HOUR_SECONDS)).items():
            totals[title_id] = totals.get(title_id, 0.0) + weight * score
    return totals
