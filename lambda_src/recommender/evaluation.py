"""How good a model is on what it has not seen: nDCG, recall and coverage on held-out titles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import overload

import numpy as np
import numpy.typing as npt

from recommender.histories import Histories
from recommender.history import TitleState
from recommender.interactions import History
from recommender.sparse import Bools

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
    cases: Sequence[Case]
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
    everybody = Histories.of(histories)
    times = everybody.times
    if not times.size:
        return Split({}, (), 0.0)
    place = min(len(times) - 1, int(len(times) * (1 - share)))
    cut = float(np.partition(times, place)[place])
    return Split(everybody.where(times <= cut), HeldOut(everybody, times, cut), cut)


class HeldOut(Sequence[Case]):
    """The cases of a split in time, each made when it is asked for."""

    def __init__(self, histories: Histories, times: npt.NDArray[np.float64], cut: float) -> None:
        self._histories = histories
        places = np.flatnonzero(times > cut)
        viewers = histories.row_of[places]
        # By viewer and time, the title's id where times are equal.
        order = np.lexsort((histories.titles[places], times[places], viewers))
        self._places, viewers = places[order], viewers[order]
        begins = np.flatnonzero(np.diff(viewers, prepend=-1, append=-1))
        self._cases = [
            (int(viewers[begin]), begin, end)
            for begin, end in zip(begins[:-1].tolist(), begins[1:].tolist(), strict=True)
            if end - begin > 1 and self._found(begin, end)
        ]

    def __len__(self) -> int:
        return len(self._cases)

    @overload
    def __getitem__(self, number: int) -> Case: ...
    @overload
    def __getitem__(self, number: slice) -> tuple[Case, ...]: ...
    def __getitem__(self, number: int | slice) -> Case | tuple[Case, ...]:
        if isinstance(number, slice):
            return tuple(self[one] for one in range(*number.indices(len(self))))
        viewer, begin, end = self._cases[number]
        before = np.arange(*self._histories.starts[viewer : viewer + 2])
        later = self._places[begin + (end - begin) // 2 : end]
        given = before[~np.isin(before, later)]
        return Case(self._histories.history(viewer, given), self._found(begin, end))

    def _found(self, begin: int, end: int) -> frozenset[str]:
        """The liked titles of the second half."""
        places = self._places[begin + (end - begin) // 2 : end]
        return frozenset(
            self._histories.title_ids[title]
            for title in self._histories.titles[places[self._liked[places]]].tolist()
        )

    @cached_property
    def _liked(self) -> Bools:
        """:func:`liked` of every state."""
        columns, nothing = self._histories.columns, np.full(len(self._histories.titles), np.nan)
        rating = columns.get("rating", nothing)
        finished = ~np.isnan(columns.get("completed_at", nothing))
        return np.where(np.isnan(rating), finished, rating >= LIKED_STARS)


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
