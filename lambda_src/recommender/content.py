"""The content-based scorer: titles like those the viewer liked, and unlike those disliked.

The only scorer that can place a title nobody has watched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.catalogue import Title
from recommender.features import title_features
from recommender.interactions import FoldedHistory
from recommender.parts import Parts, halved
from recommender.sparse import Floats, Ints, SparseRows


@dataclass(frozen=True, kw_only=True)
class ContentConfig:
    """Block weights, in the order of :data:`recommender.features.BLOCKS`."""

    genre: float = 0.1
    cast: float = 0.3
    director: float = 0.4
    plot: float = 0.2
    # How much of the average title is taken out of a viewer's profile: what everybody's
    # profile holds (a share of drama) says nothing about this viewer.
    centring: float = 1.0

    @property
    def weights(self) -> tuple[float, ...]:
        """The block weights in order."""
        return (self.genre, self.cast, self.director, self.plot)


@dataclass(frozen=True)
class ContentScorer:
    """``features`` [titles x features] carry the block weights; ``centre`` is their mean."""

    features: SparseRows
    centre: Floats

    @classmethod
    def fit(cls, titles: Sequence[Title], config: ContentConfig) -> ContentScorer:
        """Features of ``titles``, weighted by block."""
        return cls.weighted(*title_features(titles), config)

    @classmethod
    def weighted(cls, features: SparseRows, block_of: Ints, config: ContentConfig) -> ContentScorer:
        """``features``, whose columns are of the blocks ``block_of``, weighted by block."""
        scale = np.sqrt(np.array(config.weights, dtype=np.float32))[block_of]
        weighted = features.scaled(columns=scale)
        everything = np.arange(weighted.height, dtype=np.int32)
        share = np.full(weighted.height, config.centring / max(1, weighted.height), np.float32)
        return cls(weighted, weighted.mix(everything, share))

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Everything, for an artifact."""
        width = np.array([self.features.width], dtype=np.int32)
        return {**halved("features", self.features), "centre": self.centre, "width": width}

    @classmethod
    def from_arrays(cls, parts: Parts) -> ContentScorer:
        """What :meth:`arrays` gave."""
        width = int(parts.row("width", 1)[0])
        return cls(parts.rows("features", parts.titles, width), parts.row("centre", width))

    def __call__(self, history: FoldedHistory) -> Floats:
        """Scores [titles]: the mean, over the history, of preference times similarity."""
        if not len(history):
            return np.zeros(self.features.height, dtype=np.float32)
        total = float(np.abs(history.preferences).sum()) or 1.0
        weights = history.preferences / np.float32(total)
        profile = self.features.mix(history.titles, weights)
        scores = self.features.dot(profile - self.centre * max(0.0, float(weights.sum())))
        # A title says nothing about itself: what is on the list must not recommend itself.
        own = self.features.norms[history.titles] ** 2
        scores[history.titles] -= weights * own
        return scores

    def shares(self, picks: Ints, history: FoldedHistory) -> Floats:
        """What each title of ``history`` adds to each of ``picks``: [picks, history]."""
        shares = self.features.products(picks, history.titles) * history.preferences
        shares[picks[:, None] == history.titles[None, :]] = 0
        return shares

    def similarity(self, title: int) -> Floats:
        """How like ``title`` every title is: [titles]."""
        one = np.array([title], dtype=np.int32)
        return self.features.dot(self.features.mix(one, np.ones(1, dtype=np.float32)))
