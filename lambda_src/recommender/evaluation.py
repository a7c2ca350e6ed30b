"""How good a model is on what it has not seen: nDCG, recall and coverage on held-out titles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recommender.history import TitleState

History = Mapping[str, TitleState]
LIKED_STARS = 4.0


@dataclass(frozen=True)
class Case:
    """One viewer: ``given`` is known at the request, ``held_out`` are the titles to find."""

    given: History
    held_out: frozenset[str]


@dataclass(frozen=True)
class Split:
    """``train``: histories by viewer before ``cut`` (Unix seconds); ``cases`` come after."""

    train: Mapping[str, History]
    cases: tuple[Case, ...]
    cut: float


@dataclass(frozen=True)
class Metrics:
    """Means over the cases; ``coverage`` is the share of the catalogue in anybody's list."""

    ndcg: float
    recall: float
    coverage: float
    cases: int


def liked(state: TitleState) -> bool:
    """Relevant for evaluation: rated 4 stars or more, or finished without a rating."""
    if state.rating is not None:
        return state.rating >= LIKED_STARS
    return state.completed_at is not None


def split_by_time(histories: Mapping[str, History], share: float) -> Split:
    """Hold out the latest ``share`` of all that happened.

    The model is trained on what came before one moment for everybody. A viewer who goes on
    after it is a case: the first half of what they do then is folded in, as it would be when
    serving, and the liked titles of the second half are to be found.
    """
    times = sorted(
        state.last_event_at for states in histories.values() for state in states.values()
    )
    if not times:
        return Split({}, (), 0.0)
    cut = times[min(len(times) - 1, int(len(times) * (1 - share)))]
    train: dict[str, History] = {}
    cases: list[Case] = []
    for viewer_id in sorted(histories):
        states = sorted(histories[viewer_id].values(), key=_when)
        before = [state for state in states if state.last_event_at <= cut]
        after = states[len(before) :]
        if before:
            train[viewer_id] = _by_title(before)
        held_out = frozenset(state.title_id for state in after[len(after) // 2 :] if liked(state))
        if len(after) > 1 and held_out:
            cases.append(Case(_by_title([*before, *after[: len(after) // 2]]), held_out))
    return Split(train, tuple(cases), cut)


def measure(
    answer: Callable[[History], Sequence[str]],
    cases: Sequence[Case],
    *,
    catalogue: int,
    k: int = 10,
) -> Metrics:
    """Ask ``answer`` for the ``k`` best title ids of each case's given history."""
    gains, recalls, shown = [], [], set[str]()
    for case in cases:
        titles = list(answer(case.given))[:k]
        hits = [title_id in case.held_out for title_id in titles]
        gains.append(ndcg(hits, len(case.held_out), k))
        recalls.append(sum(hits) / len(case.held_out))
        shown.update(titles)
    return Metrics(
        ndcg=float(np.mean(gains)) if gains else 0.0,
        recall=float(np.mean(recalls)) if recalls else 0.0,
        coverage=len(shown) / max(1, catalogue),
        cases=len(cases),
    )


def ndcg(hits: Sequence[bool], relevant: int, k: int) -> float:
    """Discounted gain of ``hits`` (by place) over that of the best possible list."""
    discounts = 1 / np.log2(np.arange(k) + 2)
    ideal = float(discounts[: min(k, relevant)].sum())
    gained = float(discounts[: len(hits)][np.array(hits, dtype=bool)[:k]].sum())
    return gained / ideal if ideal else 0.0


def _when(state: TitleState) -> tuple[float, str]:
    return state.last_event_at, state.title_id


def _by_title(states: Sequence[TitleState]) -> dict[str, TitleState]:
    return {state.title_id: state for state in states}
