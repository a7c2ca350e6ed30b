"""Learn, on viewers the scorers were not fitted on, what would otherwise be guessed.

Popularity's half-lives and the blend weights are what served the cases of
:mod:`recommender.rehearsal` best. Little evidence moves little: learned blend weights are mixed
with the defaults by the number of cases they come from. The weights of the content blocks are
those with which titles are alike in what is known of them as they are in who likes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommender.blend import SCORERS, Blend
from recommender.content import ContentConfig
from recommender.evaluation import ndcg
from recommender.features import BLOCKS
from recommender.popularity import PopularityConfig
from recommender.rehearsal import FoldedCase
from recommender.scoring import EVERYBODY_PARTS, Scorers
from recommender.selection import largest
from recommender.sparse import Bools, Floats, Ints, SparseRows

HALF_LIVES = (365.0, 1_095.0, 3_650.0)  # days
RECENT_HALF_LIVES = (30.0, 90.0, 180.0)
_K = 10
_DISCOUNTS = 1 / np.log2(np.arange(_K) + 2)
_POOL = 40  # the best titles of each scorer that a blend may choose from
_PRIOR = 200.0  # cases' worth of trust in the default weights
_MOST_CASES = 200  # of each length, of one fit
_TRIED = 200  # blends that are tried for each length, three times
_BEST = 12  # of them whose mean is taken: steadier than the single best, and as good
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
    top = largest(masked, _K)
    top = top[np.lexsort((top, -masked[top]))][:_K]
    return ndcg([bool(hit) for hit in np.isin(top, case.held_out)], len(case.held_out), _K)


@dataclass(frozen=True)
class _Asked:
    """One case: ``scores`` [scorers, pool] of the titles that a blend may choose from, which of
    them are ``hits``, the ``ideal`` gain, and how much it says of each ``length`` of the blend."""

    scores: Floats
    hits: Bools
    ideal: float
    says: Gains


class BlendLesson:
    """Gathers cases, fit by fit, and says which blend serves them best at each length."""

    def __init__(self) -> None:
        self._default = Blend()
        self._knots = np.log1p(self._default.lengths)
        self._asked: list[_Asked] = []

    def learn(self, scorers: Scorers, cases: Sequence[FoldedCase], weight: float = 1.0) -> None:
        """Count ``cases``, each for the two lengths of history that its own lies between."""
        heard = np.zeros(len(self._knots), dtype=np.int64)
        for case in cases:
            says = self._says(len(case.given))
            nearest = int(np.argmax(says))
            if heard[nearest] < _MOST_CASES:
                heard[nearest] += 1
                self._asked.append(_asked(scorers, case, weight * says))

    def blend(self) -> Blend:
        """The learned weights; a length that no case spoke for keeps the default."""
        learned = [self._default.weights[0]]
        for knot, prior in enumerate(self._default.weights[1:], start=1):
            voters = [asked for asked in self._asked if asked.says[knot] > 0]
            votes = sum(asked.says[knot] for asked in voters)
            trust = votes / (votes + _PRIOR)
            found = _search(voters, knot, np.array(prior))
            mixed = trust * found + (1 - trust) * np.array(prior)
            learned.append(tuple(round(float(weight), 4) for weight in mixed))
        return Blend(self._default.lengths, tuple(learned))

    def _says(self, length: int) -> Gains:
        """What interpolation makes of each length's weights for a history of ``length``."""
        at = np.log1p(length)
        every = np.eye(len(self._knots))
        return np.array([np.interp(at, self._knots, one) for one in every])


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


def _asked(scorers: Scorers, case: FoldedCase, says: Gains) -> _Asked:
    allowed = np.ones(scorers.content.features.height, dtype=bool)
    allowed[case.given.titles] = False
    by_name = scorers.comparable(case.given, allowed)
    scores = np.stack([by_name[name] for name in SCORERS])
    scores[:, ~allowed] = -1
    pool = np.unique(np.concatenate([largest(row, _POOL)[:_POOL] for row in scores]))
    found = np.isin(pool, case.held_out)
    return _Asked(scores[:, pool], found, float(_DISCOUNTS[: len(case.held_out)].sum()), says)


def _search(voters: Sequence[_Asked], knot: int, prior: Gains) -> Gains:
    """The blend that serves ``voters`` best: looked for widely, then nearer and nearer.

    What the last round's best have in common is taken, not the single best: that is luck.
    """
    centre = prior
    for near in (0.0, 0.6, 0.85, 0.93):
        tried = _blends(centre, near)
        gains = sum(asked.says[knot] * _gains(asked, tried) for asked in voters)
        if not voters:
            return prior
        centre = tried[np.argsort(-gains, kind="stable")[:_BEST]].mean(axis=0)
    return centre


def _gains(asked: _Asked, tried: Gains) -> Gains:
    """nDCG@10 of each blend of ``tried`` for one case."""
    blended = tried.astype(np.float32) @ asked.scores
    top = np.argpartition(-blended, min(_K, blended.shape[1]) - 1, axis=1)[:, :_K]
    order = np.argsort(-np.take_along_axis(blended, top, axis=1), axis=1, kind="stable")
    hits = asked.hits[np.take_along_axis(top, order, axis=1)]
    gains: Gains = (hits @ _DISCOUNTS[: hits.shape[1]]) / asked.ideal
    return gains


def _blends(centre: Gains, near: float) -> Gains:
    """Blends to try: ``centre``, and many by lot, so ``near`` to it, popularity within bounds."""
    rng = np.random.default_rng(_SEED)
    lots = rng.dirichlet(np.full(len(SCORERS), 0.3), 3 * _TRIED)
    lots = near * centre + (1 - near) * lots
    popular = lots[:, [SCORERS.index(name) for name in EVERYBODY_PARTS]].sum(axis=1)
    return np.vstack([centre, lots[popular <= _MOST_POPULARITY][:_TRIED]])
