"""Learn, on viewers the scorers were not fitted on, what would otherwise be guessed.

Popularity's half-lives and the blend weights are what served the cases of
:mod:`recommender.rehearsal` best. Little evidence moves little: learned blend weights are mixed
with the defaults by the number of cases they come from. The weights of the content blocks are
those with which titles are alike in what is known of them as they are in who likes them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from recommender.blend import SCORERS, Blend
from recommender.content import ContentConfig
from recommender.evaluation import ndcg
from recommender.features import BLOCKS
from recommender.popularity import PopularityConfig
from recommender.rehearsal import FoldedCase
from recommender.scoring import EVERYBODY_PARTS, Scorers
from recommender.sparse import Floats, Ints, SparseRows

HALF_LIVES = (365.0, 1_095.0, 3_650.0)  # days
RECENT_HALF_LIVES = (30.0, 90.0, 180.0)
_K = 10
_POOL = 100  # the best titles of each scorer that a blend may choose from
_PRIOR = 60.0  # cases' worth of trust in the default weights
_MOST_CASES = 150  # of each length and kind
_TRIED = 500  # blends that are tried for each length
_BEST = 25  # of them whose mean is taken: steadier than the single best, and as good
# A list of what everybody watches serves a viewer with a history poorly even where a metric
# likes it: rows of popular and trending titles are there for that.
_MOST_POPULARITY = 0.6
_ALIKE = 800  # titles, the most watched, whose likenesses teach the block weights
_SEED = 20_265

Gains = npt.NDArray[np.float64]


def quality(scores: Floats, case: FoldedCase) -> float:
    """nDCG@10 of ``scores`` [titles] for one case, given titles left out."""
    masked = scores.copy()
    masked[case.given.titles] = -np.inf
    count = min(_K, len(masked))
    top = np.argpartition(-masked, count - 1)[:count]
    top = top[np.lexsort((top, -masked[top]))]
    return ndcg([bool(hit) for hit in np.isin(top, case.held_out)], len(case.held_out), _K)


class BlendLesson:
    """Gathers how well blends serve cases, fit by fit, and says what is best at each length."""

    def __init__(self) -> None:
        self._blend = Blend()
        self._tried = _blends(self._blend)
        self._sums = np.zeros((len(self._blend.lengths), len(self._tried)))
        self._votes = np.zeros(len(self._blend.lengths))

    def learn(self, scorers: Scorers, cases: Sequence[FoldedCase], weight: float = 1.0) -> None:
        """Count ``cases``, each for the length of history that is nearest to its own."""
        knots = np.log1p(self._blend.lengths)
        heard = np.zeros(len(knots), dtype=np.int64)
        for case in cases:
            knot = 1 + int(np.argmin(np.abs(knots[1:] - np.log1p(len(case.given)))))
            if heard[knot] < _MOST_CASES:
                heard[knot] += 1
                self._sums[knot] += weight * _gains(scorers, case, self._tried)
                self._votes[knot] += weight

    def blend(self) -> Blend:
        """The learned weights; a length that no case spoke for keeps the default."""
        learned = [self._blend.weights[0]]
        for knot, prior in enumerate(self._blend.weights[1:], start=1):
            best = np.argsort(-self._sums[knot], kind="stable")[:_BEST]
            trust = self._votes[knot] / (self._votes[knot] + _PRIOR)
            mixed = trust * self._tried[best].mean(axis=0) + (1 - trust) * np.array(prior)
            learned.append(tuple(round(float(weight), 4) for weight in mixed))
        return Blend(self._blend.lengths, tuple(learned))


def best_half_life(half_lives: Sequence[float], qualities: Sequence[float]) -> PopularityConfig:
    """The one of ``half_lives`` (days) whose quality is highest."""
    return PopularityConfig(half_life_days=half_lives[int(np.argmax(qualities))])


def block_weights(
    features: SparseRows, block_of: Ints, likings: Floats, viewers: Ints
) -> ContentConfig:
    """Weights with which blocks tell best which titles the same viewers like.

    The cosines of ``likings`` [titles, rank] are regressed on the products of each block of
    ``features`` over the pairs of the most watched titles, no weight being below 0.
    """
    titles = np.sort(np.argsort(-viewers, kind="stable")[:_ALIKE]).astype(np.int32)
    titles = titles[viewers[titles] > 0]
    apart = ~np.eye(len(titles), dtype=bool)
    lengths = np.maximum(np.linalg.norm(likings[titles], axis=1, keepdims=True), 1e-9)
    unit = likings[titles] / lengths
    wanted = (unit @ unit.T)[apart]
    columns = []
    for block in range(len(BLOCKS)):
        of_block = np.flatnonzero(block_of == block).astype(np.int32)
        table = features.dense(titles, of_block)
        columns.append((table @ table.T)[apart])
    weights = _not_negative(np.stack(columns, axis=1), wanted)
    if weights.sum() <= 0:
        return ContentConfig()
    shares = (weights / weights.sum()).round(4).tolist()
    return ContentConfig(**dict(zip(BLOCKS, shares, strict=True)))


def _not_negative(columns: Floats, wanted: Floats) -> Gains:
    """Least squares with a free constant and no weight below 0, by leaving such columns out."""
    kept = [column for column in range(columns.shape[1]) if columns[:, column].any()]
    weights = np.zeros(columns.shape[1])
    while kept and len(wanted):
        table = np.hstack([columns[:, kept], np.ones((len(columns), 1), dtype=np.float32)])
        found = np.linalg.lstsq(table, wanted, rcond=None)[0][:-1]
        if (found >= 0).all():
            weights[kept] = found
            break
        kept.pop(int(np.argmin(found)))
    return weights


def _gains(scorers: Scorers, case: FoldedCase, tried: Gains) -> Gains:
    """nDCG@10 of each blend of ``tried`` for one case."""
    allowed = np.ones(scorers.content.features.height, dtype=bool)
    allowed[case.given.titles] = False
    by_name = scorers.comparable(case.given, allowed)
    scores = np.stack([by_name[name] for name in SCORERS])
    scores[:, ~allowed] = -1
    count = min(_POOL, scores.shape[1])
    pool = np.unique(np.argpartition(-scores, count - 1, axis=1)[:, :count])
    blended = tried.astype(np.float32) @ scores[:, pool]
    top = np.argpartition(-blended, min(_K, len(pool)) - 1, axis=1)[:, :_K]
    order = np.argsort(-np.take_along_axis(blended, top, axis=1), axis=1, kind="stable")
    hits = np.isin(pool[np.take_along_axis(top, order, axis=1)], case.held_out)
    discounts = 1 / np.log2(np.arange(hits.shape[1]) + 2)
    ideal = (1 / np.log2(np.arange(min(_K, len(case.held_out))) + 2)).sum()
    gains: Gains = (hits @ discounts) / ideal
    return gains


def _blends(default: Blend) -> Gains:
    """Splits of 1 among the scorers: the defaults, and many by lot, popularity within bounds."""
    rng = np.random.default_rng(_SEED)
    lots = rng.dirichlet(np.full(len(SCORERS), 0.5), 3 * _TRIED)
    popular = lots[:, [SCORERS.index(name) for name in EVERYBODY_PARTS]].sum(axis=1)
    lots = lots[popular <= _MOST_POPULARITY][:_TRIED]
    return np.vstack([np.array(default.weights[1:]), lots])
