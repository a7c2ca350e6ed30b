"""Learn, on a held-out slice of time, what would otherwise be guessed.

Popularity's half-life, the content block weights and the blend weights are each the best of a
few choices on viewers the scorers were not fitted on. Little evidence moves little: learned
blend weights are mixed with the defaults by the number of cases they come from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from recommender.blend import SCORERS, Blend
from recommender.content import ContentConfig
from recommender.evaluation import Case, ndcg
from recommender.index import CatalogueIndex
from recommender.interactions import FoldedHistory, fold
from recommender.popularity import PopularityConfig
from recommender.scoring import COLLABORATIVE_PARTS, Scorers
from recommender.sparse import Floats, Ints

HALF_LIVES = (90.0, 365.0, 1_095.0, 3_650.0)  # days
CONTENT_CHOICES = (
    ContentConfig(),
    ContentConfig(genre=0.25, cast=0.25, director=0.25, plot=0.25),
    ContentConfig(genre=0.1, cast=0.15, director=0.15, plot=0.6),
    ContentConfig(genre=0.5, cast=0.15, director=0.15, plot=0.2),
)
_STEPS = 10  # of each weight between 0 and 1
_K = 10
_POOL = 150  # the best titles of each scorer that a blend may choose from
_PRIOR = 100.0  # cases' worth of trust in the default weights
_MOST_CASES = 200
# A list of what everybody watches serves a viewer with a history poorly even where a metric
# likes it: rows of popular and trending titles are there for that.
_MOST_POPULARITY = 0.4


@dataclass(frozen=True)
class FoldedCase:
    """A :class:`Case` in numbers: what is given, oldest first, and what is to be found."""

    given: FoldedHistory
    held_out: Ints


def fold_cases(cases: Sequence[Case], index: CatalogueIndex, now: float) -> list[FoldedCase]:
    """Up to 200 of ``cases``, evenly picked, whose held-out titles the index knows."""
    step = max(1, -(-len(cases) // _MOST_CASES))
    folded = []
    for case in cases[::step]:
        known = [index.numbers[t] for t in sorted(case.held_out) if t in index.numbers]
        history = fold(case.given, index.numbers, now)
        times = [case.given[index.ids[n]].last_event_at for n in history.titles]
        order = np.lexsort((history.titles, np.array(times)))
        given = FoldedHistory(history.titles[order], history.preferences[order])
        if known:
            folded.append(FoldedCase(given, np.array(known, dtype=np.int32)))
    return folded


def quality(scores: Floats, case: FoldedCase) -> float:
    """nDCG@10 of ``scores`` [titles] for one case, given titles left out."""
    masked = scores.copy()
    masked[case.given.titles] = -np.inf
    count = min(_K, len(masked))
    top = np.argpartition(-masked, count - 1)[:count]
    top = top[np.lexsort((top, -masked[top]))]
    return ndcg([bool(hit) for hit in np.isin(top, case.held_out)], len(case.held_out), _K)


def learn_blend(scorers: Scorers, cases: Sequence[FoldedCase]) -> Blend:
    """The blend whose weights, at each length of history, served the cases best.

    For each knot the histories are cut to their latest so many titles; histories shorter than
    the knot don't vote, so a knot nobody reaches keeps the default.
    """
    default = Blend()
    grid = _grid()
    learned = []
    for length, prior in zip(default.lengths, default.weights, strict=True):
        voters = [case for case in cases if len(case.given) >= length > 0]
        if not voters:
            learned.append(prior)
            continue
        gains = np.mean([_gains(scorers, case, length, grid) for case in voters], axis=0)
        # The mean of the best few is steadier than the single best, and as good.
        best = np.argsort(-gains, kind="stable")[: max(1, len(grid) // 13)]
        trust = len(voters) / (len(voters) + _PRIOR)
        mixed = trust * grid[best].mean(axis=0) + (1 - trust) * np.array(prior)
        learned.append(tuple(round(float(weight), 4) for weight in mixed))
    return Blend(default.lengths, tuple(learned))


def best_half_life(qualities: Sequence[float]) -> PopularityConfig:
    """The half-life whose quality is highest, by the order of ``HALF_LIVES``."""
    return PopularityConfig(half_life_days=HALF_LIVES[int(np.argmax(qualities))])


def _gains(
    scorers: Scorers, case: FoldedCase, length: int, grid: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """nDCG@10 of each weighting of ``grid``, with the latest ``length`` titles given."""
    given = FoldedHistory(case.given.titles[-length:], case.given.preferences[-length:])
    allowed = np.ones(scorers.content.features.height, dtype=bool)
    allowed[case.given.titles] = False
    by_name = scorers.comparable(given, allowed)
    for name in COLLABORATIVE_PARTS:
        by_name[name] = by_name[name] + scorers.unheard * by_name["content"]
    scores = np.stack([by_name[name] for name in SCORERS])
    scores[:, ~allowed] = -1
    count = min(_POOL, scores.shape[1])
    pool = np.unique(np.argpartition(-scores, count - 1, axis=1)[:, :count])
    blended = grid @ scores[:, pool]
    top = np.argsort(-blended, axis=1, kind="stable")[:, :_K]
    hits = np.isin(pool[top], case.held_out)
    discounts = 1 / np.log2(np.arange(hits.shape[1]) + 2)
    ideal = (1 / np.log2(np.arange(min(_K, len(case.held_out))) + 2)).sum()
    gains: npt.NDArray[np.float64] = (hits @ discounts) / ideal
    return gains


def _grid() -> npt.NDArray[np.float64]:
    """Every split of 1 among the scorers in steps of a tenth, popularity within its bound."""
    steps = product(range(_STEPS + 1), repeat=len(SCORERS))
    grid = np.array([step for step in steps if sum(step) == _STEPS]) / _STEPS
    kept: npt.NDArray[np.float64] = grid[grid[:, SCORERS.index("popularity")] <= _MOST_POPULARITY]
    return kept
