"""The gate: a candidate goes live only where it is no worse than the model that serves."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

METRIC = "ndcg_at_10"
# Below this share of the candidate's titles, the incumbent's metric is about something else.
LEAST_SHARED_TITLES = 0.5


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A model as the gate sees it: its metrics and the titles it can recommend."""

    metrics: Mapping[str, Any]
    title_ids: Collection[str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether to promote, and why."""

    promote: bool
    reason: str


def judge(candidate: Evaluated, incumbent: Evaluated | None, *, tolerance: float) -> Verdict:
    """Compares on :data:`METRIC`; the candidate may be worse by a share of ``tolerance``.

    The held-out slices of two nights differ a little, hence a tolerance. An incumbent that
    can't be loaded, or that knows other titles than those of today, keeps nobody out.
    """
    score = _metric(candidate.metrics)
    if score is None:
        return Verdict(False, f"the candidate has no {METRIC}")
    if incumbent is None:
        return Verdict(True, f"{METRIC} {score:.4f}; no model serves yet")
    theirs = _metric(incumbent.metrics)
    if theirs is None:
        return Verdict(True, f"{METRIC} {score:.4f}; the incumbent has none")
    shared = _shared(candidate.title_ids, incumbent.title_ids)
    if shared < LEAST_SHARED_TITLES:
        reason = f"the incumbent knows {shared:.0%} of the catalogue: not comparable"
        return Verdict(True, f"{METRIC} {score:.4f}; {reason}")
    least = theirs * (1 - tolerance)
    words = f"{METRIC} {score:.4f} against the incumbent's {theirs:.4f} (least {least:.4f})"
    return Verdict(score >= least, words)


def _metric(metrics: Mapping[str, Any]) -> float | None:
    value = metrics.get(METRIC)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _shared(wanted: Collection[str], known: Collection[str]) -> float:
    if not wanted:
        return 0.0
    known_ids = set(known)
    return sum(title_id in known_ids for title_id in wanted) / len(wanted)
