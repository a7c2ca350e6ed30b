"""Cases to learn settings on: viewers whom the scorers have not seen, asked for as if they came.

Two ways of coming, since a blend has to serve both: newcomers, held out whole, who tell their
first 1, 3 or 10 titles or a random four fifths of all (:func:`newcomers`); and viewers who
go on after one moment for everybody (:func:`later_on`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommender.evaluation import Case
from recommender.index import CatalogueIndex
from recommender.interactions import FoldedHistory, Interactions, fold
from recommender.sparse import Ints, SparseRows

FIRST_TITLES = (1, 3, 10)
_FEWEST = 5  # titles that a viewer must have to be held out
_ENOUGH = 400  # viewers held out in all, at most a fifth of all at a time
_MOST_FOLDS = 3
_MOST_CASES = 200
_SEED = 20_264

Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class FoldedCase:
    """One viewer in numbers: what is given, and the titles that are to be found."""

    given: FoldedHistory
    held_out: Ints


@dataclass(frozen=True)
class Rehearsal:
    """Fit on ``interactions``, in which the viewers ``held`` have nothing; serve ``cases``."""

    interactions: Interactions
    held: Ints
    cases: Sequence[FoldedCase]


def newcomers(interactions: Interactions) -> Iterator[Rehearsal]:
    """A few hundred viewers held out whole, at once where that leaves most of all."""
    rng = np.random.default_rng(_SEED)
    useful = rng.permutation(np.flatnonzero(interactions.preferences.lengths >= _FEWEST))
    size = min(_ENOUGH, len(useful) // 5)
    folds = min(_MOST_FOLDS, -(-_ENOUGH // size)) if size else 0
    for part in range(folds):
        held = np.sort(useful[part * size : (part + 1) * size])
        cases = [case for viewer in held.tolist() for case in _told(interactions, viewer, rng)]
        yield Rehearsal(_without(interactions, held), held.astype(np.int32), cases)


def later_on(cases: Sequence[Case], index: CatalogueIndex, now: float) -> list[FoldedCase]:
    """Up to 200 of ``cases``, evenly picked, whose held-out titles the index knows."""
    step = max(1, -(-len(cases) // _MOST_CASES))
    folded = []
    for case in cases[::step]:
        known = [index.numbers[t] for t in sorted(case.held_out) if t in index.numbers]
        if known:
            given = fold(case.given, index.numbers, now)
            folded.append(FoldedCase(given, np.array(known, dtype=np.int32)))
    return folded


def _told(
    interactions: Interactions, viewer: int, rng: np.random.Generator
) -> Iterator[FoldedCase]:
    """The viewer's cases, in which what is not given and liked is to be found."""
    places = np.arange(*interactions.preferences.starts[viewer : viewer + 2])
    chance = rng.random(len(places))
    in_time = places[np.lexsort((chance, interactions.times[places]))]
    by_chance = places[np.argsort(chance)]
    asked = [(in_time, count) for count in FIRST_TITLES if count < len(places)]
    for order, count in (*asked, (by_chance, -(-len(places) * 4 // 5))):
        rest = order[count:]
        wanted = rest[interactions.liked[rest]]
        if len(wanted):
            given = np.sort(order[:count])
            yield FoldedCase(_folded(interactions, given), _titles(interactions, np.sort(wanted)))


def _folded(interactions: Interactions, places: Places) -> FoldedHistory:
    return FoldedHistory(_titles(interactions, places), interactions.preferences.data[places])


def _titles(interactions: Interactions, places: Places) -> Ints:
    titles: Ints = interactions.preferences.columns[places].astype(np.int32)
    return titles


def _without(interactions: Interactions, viewers: Ints) -> Interactions:
    """The same with the rows of ``viewers`` empty."""
    matrix = interactions.preferences
    kept = np.ones(matrix.height, dtype=bool)
    kept[viewers] = False
    values = np.repeat(kept, matrix.lengths)
    starts = np.concatenate(([0], np.cumsum(np.where(kept, matrix.lengths, 0)))).astype(np.int32)
    left = SparseRows(matrix.data[values], matrix.columns[values], starts, matrix.width)
    return Interactions(left, interactions.times[values], interactions.liked[values])
