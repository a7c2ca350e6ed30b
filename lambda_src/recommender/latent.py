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

from recommender.gram import Gram, inverse
from recommender.interactions import FoldedHistory, heard
from recommender.parts import Parts
from recommender.sparse import Bools, Floats, Ints, SparseRows

_SPARE = 10  # dimensions beyond those kept, for the subspace to settle
_TITLES = 4  # titles at least to a dimension
_SHARED = 3  # titles that a feature must have to predict anything


@dataclass(frozen=True, kw_only=True)
class LatentConfig:
    """How tastes are decomposed and titles placed."""

    rank: int = 80
    ridge: float = 8.0  # of the regression of places on features
    trust: float = 5.0  # viewers at which a title's own place counts as much as the predicted
    features: int = 2_000  # the most frequent ones that predict: bounds time and memory
    passes: int = 4  # of the subspace iteration
    seed: int = 20_263


@dataclass(frozen=True)
class LatentScorer:
    """``giving`` [titles, rank] takes likings to tastes, ``getting`` [titles, rank] back.

    ``unwatched`` [titles] are those that nobody had watched.
    """

    giving: Floats
    getting: Floats
    unwatched: Bools
    config: LatentConfig

    @classmethod
    def fit(cls, gram: Gram, placing: Placing, config: LatentConfig) -> LatentScorer:
        """The decomposition of ``gram``, all titles of the catalogue placed by ``placing``."""
        own = np.zeros((len(gram.viewers), config.rank), dtype=np.float32)
        basis = _basis(gram.products, config)
        own[gram.learned, : basis.shape[1]] = basis
        return cls(own, placing(own, gram.viewers), gram.viewers == 0, config)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Everything, for an artifact."""
        factors = {"giving": self.giving, "getting": self.getting}
        halves = {name: table.astype(np.float16) for name, table in factors.items()}
        return {**halves, "unwatched": np.packbits(self.unwatched)}

    @classmethod
    def from_arrays(cls, parts: Parts) -> LatentScorer:
        """What :meth:`arrays` gave."""
        giving, getting = parts.tables("giving", "getting", parts.titles)
        return cls(giving, getting, parts.bits("unwatched"), LatentConfig(**parts.settings))

    def __call__(self, history: FoldedHistory) -> Floats:
        """Scores [titles]: how near each is to the viewer's tastes, without its own say."""
        titles = history.titles
        giving, own = self.giving[titles], self._own[titles]

        def told(inputs: Floats) -> Floats:
            scores: Floats = self.getting @ (inputs @ giving)
            scores[titles] -= inputs * own
            return scores

        return heard(history, told)

    def shares(self, picks: Ints, history: FoldedHistory) -> Floats:
        """What each title of ``history`` adds to the score of each of ``picks``.

        [picks, history], exact for what is liked; each of ``picks`` once.
        """
        links = self.getting[picks] @ self.giving[history.titles].T
        shares: Floats = links * history.inputs
        shares[picks[:, None] == history.titles[None, :]] = 0
        return shares

    @cached_property
    def _own(self) -> Floats:
        """What each title would say of itself: [titles]."""
        own: Floats = np.einsum("hr,hr->h", self.giving, self.getting)
        return own


def _basis(products: Floats, config: LatentConfig) -> Floats:
    """The right singular vectors [learned, rank] of likings of these ``products`` (Halko 2011)."""
    rng = np.random.default_rng(config.seed)
    # With as many dimensions as titles each title would be a taste of its own.
    rank = min(config.rank, -(-len(products) // _TITLES))
    width = min(rank + _SPARE, len(products))
    basis = rng.standard_normal((len(products), width)).astype(np.float32)
    for _ in range(config.passes):
        basis = np.linalg.qr(products @ basis)[0]
    # The few dimensions found are turned to the singular vectors themselves.
    turned = np.linalg.svd(basis.T @ (products @ basis))[0]
    vectors: Floats = (basis @ turned[:, :rank]).astype(np.float32)
    return vectors


@dataclass(frozen=True)
class Placing:
    """The regression of places on features, made once for all decompositions of a catalogue.

    ``known`` [titles, features] with a constant; ``solving`` [features, features] is the
    inverse of its ridged Gram matrix, titles counting the more the more have watched them.
    """

    known: Floats
    solving: Floats
    config: LatentConfig

    @classmethod
    def fit(cls, features: SparseRows, viewers: Ints, config: LatentConfig) -> Placing:
        """Of ``features`` [titles x features], the most frequent ones; ``viewers`` [titles]."""
        spread = np.bincount(features.columns, minlength=features.width)
        shared = np.flatnonzero(spread >= _SHARED)
        kept = np.sort(shared[np.argsort(-spread[shared], kind="stable")[: config.features]])
        everything = np.arange(features.height, dtype=np.int32)
        known = features.dense(everything, kept.astype(np.int32))
        known = np.hstack([known, np.ones((len(known), 1), dtype=np.float32)])
        scaled = known * np.sqrt(_trusted(viewers, config))[:, None]
        gram = scaled.T @ scaled
        gram[np.diag_indices_from(gram)] += np.float32(config.ridge)
        return cls(known, inverse(gram), config)

    def __call__(self, own: Floats, viewers: Ints) -> Floats:
        """The places of titles: ``own`` [titles, rank] where many have watched, else predicted."""
        share = _trusted(viewers, self.config)[:, None]
        predicted = self.known @ (self.solving @ (self.known.T @ (share * own)))
        places: Floats = share * own + (1 - share) * predicted
        return places


def _trusted(viewers: Ints, config: LatentConfig) -> Floats:
    """How much a title's own place counts, the rest being predicted: [titles] in [0, 1)."""
    counts = viewers.astype(np.float32)
    return counts / (counts + np.float32(config.trust))
