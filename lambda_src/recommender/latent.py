"""The latent scorer: tastes in a few dimensions, and titles placed there by what is known of them.

The dimensions are those of a singular value decomposition of everybody's likings (PureSVD:
Cremonesi, Koren and Turrin 2010). A viewer is folded in by projection. A title that few have
watched has no place of its own to speak of, so the features of titles are regressed on the
places of those that have one (ridge), and a title is the nearer to what its features predict
the fewer have watched it. It is the only scorer that can tell among titles nobody has watched
which of them many would like.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.errors import DamagedArtifactError
from recommender.interactions import FoldedHistory, Interactions
from recommender.parts import Parts
from recommender.preferences import strength
from recommender.sparse import Bools, Floats, Ints, SparseRows

_BLOCK = 4_096  # rows whose products are dense at a time: bounds the memory


@dataclass(frozen=True, kw_only=True)
class LatentConfig:
    """How tastes are decomposed and titles placed."""

    rank: int = 96
    ridge: float = 8.0  # of the regression of places on features
    trust: float = 5.0  # viewers at which a title's own place counts as much as the predicted
    features: int = 3_000  # the most frequent ones that predict: bounds time and memory
    passes: int = 4  # of the subspace iteration
    sample: int = 60_000  # viewers at most whose tastes are decomposed: bounds the time
    seed: int = 20_263


@dataclass(frozen=True)
class LatentScorer:
    """``giving`` [titles, rank] takes likings to tastes, ``getting`` [titles, rank] back."""

    giving: Floats
    getting: Floats
    config: LatentConfig

    @classmethod
    def fit(
        cls, interactions: Interactions, features: SparseRows, config: LatentConfig
    ) -> LatentScorer:
        """The decomposition of ``interactions``; ``features`` [titles x features]."""
        matrix = interactions.preferences
        viewers = np.bincount(matrix.columns, minlength=matrix.width).astype(np.float32)
        sampled = matrix.take(_evenly(matrix.height, config.sample))
        likings = SparseRows(strength(sampled.data), sampled.columns, sampled.starts, matrix.width)
        own = _basis(likings, config)
        own[viewers == 0] = 0
        return cls(own, _placed(own, viewers, features, config), config)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Everything, for an artifact."""
        factors = {"giving": self.giving, "getting": self.getting}
        return {name: table.astype(np.float16) for name, table in factors.items()}

    @classmethod
    def from_arrays(cls, parts: Parts) -> LatentScorer:
        """What :meth:`arrays` gave."""
        giving, getting = (parts.table(name, parts.titles) for name in ("giving", "getting"))
        if giving.shape != getting.shape:
            raise DamagedArtifactError("'latent/giving' and 'latent/getting' differ in rank")
        return cls(giving, getting, LatentConfig(**parts.settings))

    def __call__(self, history: FoldedHistory) -> Floats:
        """Scores [titles]: how near each is to the viewer's tastes, without its own say."""
        inputs = strength(history.preferences)
        giving = self.giving[history.titles]
        scores: Floats = self.getting @ (inputs @ giving)
        scores[history.titles] -= inputs * (giving * self.getting[history.titles]).sum(axis=1)
        return scores

    @cached_property
    def unwatched(self) -> Bools:
        """Titles that nobody had watched: [titles]."""
        return np.logical_not(self.giving.any(axis=1))

    def shares(self, picks: Ints, history: FoldedHistory) -> Floats:
        """What each title of ``history`` adds to the score of each of ``picks``: exact.

        [picks, history]; each of ``picks`` once.
        """
        links = self.getting[picks] @ self.giving[history.titles].T
        shares: Floats = links * strength(history.preferences)
        shares[picks[:, None] == history.titles[None, :]] = 0
        return shares


def _evenly(count: int, most: int) -> Ints:
    """Up to ``most`` of the numbers below ``count``, evenly apart."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.int32))


def _basis(likings: SparseRows, config: LatentConfig) -> Floats:
    """The right singular vectors [titles, rank] of ``likings`` (Halko 2011)."""
    rank = max(1, min(config.rank, likings.height, likings.width))
    rng = np.random.default_rng(config.seed)
    width = min(rank + 10, likings.height, likings.width)
    basis = rng.standard_normal((likings.width, max(width, 1))).astype(np.float32)
    for _ in range(config.passes):
        basis = np.linalg.qr(_through(likings, basis))[0]
    # The few dimensions found are turned to the singular vectors themselves.
    turned = np.linalg.svd(basis.T @ _through(likings, basis))[0]
    vectors: Floats = (basis @ turned[:, :rank]).astype(np.float32)
    return vectors


def _through(likings: SparseRows, basis: Floats) -> Floats:
    """``likings.T @ (likings @ basis)``, a block of viewers at a time."""
    total = np.zeros_like(basis)
    for start in range(0, likings.height, _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, likings.height), dtype=np.int32)
        total += _squared(likings.take(rows), basis)
    return total


def _squared(block: SparseRows, basis: Floats) -> Floats:
    return block.transposed().times(block.times(basis))


def _placed(own: Floats, viewers: Floats, features: SparseRows, config: LatentConfig) -> Floats:
    """The places of titles: ``own`` [titles, rank] where many have watched, else predicted."""
    spread = np.bincount(features.columns, minlength=features.width)
    shared = np.flatnonzero(spread >= 3)
    kept = np.sort(shared[np.argsort(-spread[shared], kind="stable")[: config.features]])
    everything = np.arange(features.height, dtype=np.int32)
    known = features.dense(everything, kept.astype(np.int32))
    known = np.hstack([known, np.ones((len(known), 1), dtype=np.float32)])
    weights = viewers / (viewers + np.float32(config.trust))
    weighted = known * weights[:, None]
    gram = known.T @ weighted
    gram[np.diag_indices_from(gram)] += np.float32(config.ridge)
    predicted = known @ np.linalg.solve(gram, weighted.T @ own)
    own_share = weights[:, None]
    return (own_share * own + (1 - own_share) * predicted).astype(np.float32)
