"""Windows of the trending table: what they are called, and what they add up to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from services.contributions import HOUR_SECONDS
from services.ports import TrendingStore

POPULAR_WINDOW = "popular"
RECENT_HOURS = 6
# Failures are counted two hours together, so that an account counts once among those compared.
FAILING_HOURS = 2
# What an hour's plays count for after each further hour: half after about three.
HOURLY_DECAY = 0.8
EVERYBODY = ""
NO_CEILING = 18
# What a viewer's country and ceiling count for, of what everybody's does, once they have much to
# say; with as little as CONFIDENT they have half of that.
SCOPE_SHARE = 0.4
CONFIDENT = 50.0
# A title of which so many playbacks failed, and more than half of those that began, is no news.
FAILURES_TO_DROP, SHARE_TO_DROP = 20.0, 0.5


def hour_of(at: float) -> str:
    """The hour of ``at`` (Unix seconds): ``2026-11-23T19``."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H}"


def hour_window(at: float, scope: str = EVERYBODY) -> str:
    """The window of the hour of ``at``: ``hour#2026-11-23T19``, and with a scope behind it."""
    return f"hour#{hour_of(at)}{scope}"


def failing_window(at: float) -> str:
    """The window of playbacks that failed in the two hours of ``at``, called after the first."""
    return f"failing#{hour_of(at - at % (FAILING_HOURS * HOUR_SECONDS))}"


def scopes_of(country: str | None, ceiling: int | None) -> list[str]:
    """Whose plays are counted apart: those of a country, and those under a maturity ceiling."""
    scopes = [] if country is None else [f"#country#{country}"]
    return scopes if ceiling in (None, NO_CEILING) else [*scopes, f"#ceiling#{ceiling}"]


def trending_now(
    store: TrendingStore, now: float, *, country: str | None = None, ceiling: int | None = None
) -> dict[str, float]:
    """Scores by title id of the last hours, later ones counting more.

    What the viewer's country and those of the same ceiling watch counts beside what everybody
    does. A title that fails to play is left out.
    """
    scopes = [EVERYBODY, *scopes_of(country, ceiling)]
    ages = range(RECENT_HOURS)
    moments = [now - age * HOUR_SECONDS for age in ages]
    windows = [hour_window(at, scope) for scope in scopes for at in moments]
    failing = [failing_window(at) for at in (now, now - FAILING_HOURS * HOUR_SECONDS)]
    scores = store.scores_of([*windows, *failing])
    everybody, *others = (
        _sum((HOURLY_DECAY**age, scores[hour_window(at, scope)]) for age, at in enumerate(moments))
        for scope in scopes
    )
    blended = _blended(everybody, others)
    return {
        title_id: score
        for title_id, score in blended.items()
        if not _is_failing(
            # Not their sum, in which an account may be twice.
            max(scores[window].get(title_id, 0.0) for window in failing),
            everybody.get(title_id, 0.0),
        )
    }


def _sum(weighted: Iterable[tuple[float, Mapping[str, float]]]) -> dict[str, float]:
    totals: dict[str, float] = {}
    for weight, scores in weighted:
        for title_id, score in scores.items():
            totals[title_id] = totals.get(title_id, 0.0) + weight * score
    return totals


def _blended(
    everybody: dict[str, float], others: Iterable[Mapping[str, float]]
) -> dict[str, float]:
    """``everybody``'s scores, moved towards the shares that titles have with the ``others``."""
    whole = sum(everybody.values())
    left, moved = 1.0, []
    for scores in others:
        total = sum(scores.values())
        share = SCOPE_SHARE * total / (total + CONFIDENT) if total else 0.0
        left -= share
        moved.append((share * whole / total if total else 0.0, scores))
    return _sum([(left, everybody), *moved])


def _is_failing(failed: float, wanted: float) -> bool:
    return failed >= FAILURES_TO_DROP and failed > SHARE_TO_DROP * (failed + wanted)
