"""The content-based scorer: titles like those the viewer liked, and unlike those disliked.

The only scorer that can place a title nobody has watched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.catalogue import Title
from recommender.features import title_features
from recommender.interactions import FoldedHistory
from recommender.kernel import Kernel
from recommender.parts import Parts, halved
from recommender.sparse import Floats, Ints, SparseRows


@dataclass(frozen=True, kw_only=True)
class ContentConfig:
    """Block weights, in the order of :data:`recommender.features.BLOCKS`."""

    genre: float = 0.1
    cast: float = 0.3
    director: float = 0.4
    plot: float = 0.2
    era: float = 0.02
    # How much of the average title is taken out of a viewer's profile: what everybody's
    # profile holds (a share of drama) says nothing about this viewer.
    centring: float = 1.0

    @property
    def weights(self) -> tuple[float, ...]:
        """The block weights in order."""
        return (self.genre, self.cast, self.director, self.plot, self.era)


@dataclass(frozen=True)
class ContentScorer:
    """``features`` [titles x features] carry the block weights; ``centre`` is their mean.

    In training likenesses are exact. Served, they are those of ``kernel``, which is made when
    the scorer is packed: the features of 17,000 titles are too many to go through.
    """

    features: SparseRows
    centre: Floats
    kernel: Kernel | None = None
    stored: Floats | None = None  # what :attr:`_usual` comes to, where it is known

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
        kernel = self.kernel or Kernel.fit(self.features)
        features = halved("features", self.features)
        usual = {"centre": self.centre, "usual": self._usual, "width": width}
        return {**features, **usual, **kernel.arrays()}

    @classmethod
    def from_arrays(cls, parts: Parts) -> ContentScorer:
        """What :meth:`arrays` gave."""
        width = int(parts.row("width", 1)[0])
        features = parts.rows("features", parts.titles, width)
        centre, usual = parts.row("centre", width), parts.row("usual", parts.titles)
        return cls(features, centre, Kernel.from_arrays(parts), usual)

    def __call__(self, history: FoldedHistory) -> Floats:
        """Scores [titles]: the mean, over the history, of preference times similarity."""
        if not len(history):
            return np.zeros(self.features.height, dtype=np.float32)
        total = float(np.abs(history.preferences).sum()) or 1.0
        weights = history.preferences / np.float32(total)
        return self._mix(history.titles, weights) - self._usual * max(0.0, float(weights.sum()))

    def _mix(self, titles: Ints, weights: Floats) -> Floats:
        """The likenesses to ``titles``, weighted; a title says nothing about itself."""
        if self.kernel:
            return self.kernel.mix(titles, weights)
        profile = self.features.mix(titles, weights)
        used = np.flatnonzero(profile).astype(np.int32)
        mixed = self._by_feature.mix(used, profile[used])
        mixed[titles] -= weights * self.features.norms[titles] ** 2
        return mixed

    def products(self, left: Ints, right: Ints) -> Floats:
        """The likeness of each of ``left`` (each once) to each of ``right``: [left, right]."""
        return (self.kernel or self.features).products(left, right)

    def cosines(self, titles: Ints) -> Floats:
        """The likeness of each two of ``titles`` (each once), at most 1: [titles, titles]."""
        lengths = np.maximum(self._lengths[titles], np.float32(1e-9))
        cosines: Floats = self.products(titles, titles) / np.outer(lengths, lengths)
        np.fill_diagonal(cosines, 1)
        return cosines

    @cached_property
    def _usual(self) -> Floats:
        """How like the average title each is: [titles]."""
        return self.features.dot(self.centre) if self.stored is None else self.stored

    @cached_property
    def _by_feature(self) -> SparseRows:
        return self.features.transposed()

    @cached_property
    def _lengths(self) -> Floats:
        return self.features.norms

    def shares(self, picks: Ints, history: FoldedHistory) -> Floats:
        """What each title of ``history`` adds to each of ``picks``: [picks, history]."""
        shares = self.products(picks, history.titles) * history.preferences
        shares[picks[:, None] == history.titles[None, :]] = 0
        return shares

    def similarity(self, title: int) -> Floats:
        """How like ``title`` every title is: [titles]."""
        one = np.array([title], dtype=np.int32)
        return self._mix(one, np.ones(1, dtype=np.float32))
