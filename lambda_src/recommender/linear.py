"""The item-based scorer: a linear model of which titles go together.

Each title is regressed on all others over every viewer's history, in closed form from the
Gram matrix of titles (EASE, Steck 2019). The ridge grows with a title's own count, which is
what training with randomly dropped inputs comes to (EDLAE, Steck 2020), and the features of
titles enter the Gram matrix as if each were a viewer who had watched the titles that have it:
titles of the same people or genre start out linked. For serving, the model is its largest
weights and, for the many small ones, a low-rank approximation of what they leave, the rows of
widely watched titles counting most in both: cut alone, and each row to the same length, the
model loses several per cent of its quality.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.gram import Gram, inverse, products
from recommender.interactions import FoldedHistory, heard
from recommender.parts import Parts, halved
from recommender.sparse import Floats, Ints, SparseRows
from recommender.truncation import largest, low_rank

_SHARED = 5  # titles that a feature must have: rarer ones cost most and say least


@dataclass(frozen=True, kw_only=True)
class LinearConfig:
    """How titles are regressed on each other."""

    ridge: float = 150.0  # average likings' worth
    denoising: float = 0.33  # the share of a history that is taken as dropped
    metadata: float = 12.0  # average likings' worth of each kind of feature of a title
    kept: int = 200  # weights of a row, on average, beside
    rank: int = 64  # of what approximates the rest
    seed: int = 20_262


@dataclass(frozen=True)
class LinearScorer:
    """What having liked title h says of title i: ``weights[h, i] + giving[h] @ getting[i]``.

    ``weights`` [titles x titles] holds the largest; ``giving`` and ``getting`` [learned, rank]
    are the low-rank rest, of the titles ``learned`` (numbers, ascending) alone.
    """

    weights: SparseRows
    learned: Ints
    giving: Floats
    getting: Floats
    config: LinearConfig

    @classmethod
    def fit(cls, gram: Gram, features: SparseRows, config: LinearConfig) -> LinearScorer:
        """The model of ``gram``; ``features`` [titles x features] in blocks of unit length."""
        learned, titles = gram.learned, len(gram.viewers)
        weights = _regress(gram, features, config)
        asked = np.sqrt(gram.viewers[learned]).astype(np.float32)
        weights *= asked[:, None]
        kept = largest(weights, learned, titles, config.kept)
        slots = np.searchsorted(learned, kept.columns), np.searchsorted(learned, kept.row_of)
        weights[slots[1], slots[0]] = 0
        giving, getting = low_rank(weights, config.rank, config.seed)
        rarity = np.zeros(titles, dtype=np.float32)
        rarity[learned] = 1 / asked
        return cls(kept.scaled(rows=rarity), learned, giving / asked[:, None], getting, config)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Everything, for an artifact."""
        return {
            **halved("weights", self.weights),
            "learned": self.learned,
            "giving": self.giving.astype(np.float16),
            "getting": self.getting.astype(np.float16),
        }

    @classmethod
    def from_arrays(cls, parts: Parts) -> LinearScorer:
        """What :meth:`arrays` gave."""
        weights = parts.rows("weights", parts.titles, parts.titles).paired()
        learned = parts.numbers("learned")
        giving, getting = parts.tables("giving", "getting", len(learned))
        return cls(weights, learned, giving, getting, LinearConfig(**parts.settings))

    def __call__(self, history: FoldedHistory) -> Floats:
        """Scores [titles]: what the titles of the history say, added up."""
        links = history.once(self, self._links)
        slots = self._slots[history.titles]
        giving, own = self._giving[slots], self._own[slots]

        def told(inputs: Floats) -> Floats:
            speaking = np.flatnonzero(inputs).astype(np.int32)
            few = 2 * len(speaking) < len(inputs)
            scores = links.take(speaking).total(inputs[speaking]) if few else links.total(inputs)
            rest = np.zeros(len(self.learned) + 1, dtype=np.float32)
            np.dot(self.getting, inputs @ giving, out=rest[:-1])
            # A title says nothing about itself, and the rest is only nearly 0 there.
            rest[slots] -= inputs * own
            scores += rest.take(self._slots)
            return scores

        return heard(history, told)

    def _links(self, history: FoldedHistory) -> SparseRows:
        return self.weights.take(history.titles)

    def shares(self, picks: Ints, history: FoldedHistory) -> Floats:
        """What each title of ``history`` adds to the score of each of ``picks``.

        [picks, history], exact for what is liked; each of ``picks`` once.
        """
        links = history.once(self, self._links).within(picks).T
        giving = self._giving[self._slots[history.titles]]
        links += self._getting[self._slots[picks]] @ giving.T
        shares: Floats = links * history.inputs
        shares[picks[:, None] == history.titles[None, :]] = 0
        return shares

    @cached_property
    def _slots(self) -> npt.NDArray[np.intp]:
        """The row of each title in the factors, the one behind the last where it has none."""
        slots = np.full(self.weights.height, len(self.learned), dtype=np.intp)
        slots[self.learned] = np.arange(len(self.learned))
        return slots

    @cached_property
    def _giving(self) -> Floats:
        return _with_nothing(self.giving)

    @cached_property
    def _getting(self) -> Floats:
        return _with_nothing(self.getting)

    @cached_property
    def _own(self) -> Floats:
        """What the rest would say of a title by itself: [learned + 1]."""
        own: Floats = np.einsum("hr,hr->h", self._giving, self._getting)
        return own


def _with_nothing(factors: Floats) -> Floats:
    """``factors`` and a row of 0, row after row, which is how single rows are read fastest."""
    return np.vstack([factors, np.zeros((1, factors.shape[1]), dtype=np.float32)])


def _regress(gram: Gram, features: SparseRows, config: LinearConfig) -> Floats:
    """Weights [learned, learned], the diagonal 0."""
    if not len(gram.learned):
        return np.zeros((0, 0), dtype=np.float32)
    worth = np.float32(config.metadata * gram.liking)
    ridged = gram.products + worth * _alike(features, gram.learned)
    odds = config.denoising / (1 - config.denoising)
    ridge = np.float32(config.ridge * gram.liking) + np.float32(odds) * np.diag(ridged)
    ridged[np.diag_indices_from(ridged)] += ridge
    weights = inverse(ridged)
    weights /= -np.maximum(np.diag(weights), np.float32(1e-12))[None, :]
    np.fill_diagonal(weights, 0)
    return weights


def _alike(features: SparseRows, learned: Ints) -> Floats:
    """How alike the ``learned`` titles are in features that several share."""
    part = features.take(learned)
    shared = np.bincount(part.columns, minlength=part.width) >= _SHARED
    kept = shared[part.columns]
    return products(
        SparseRows.of_triples(
            part.columns[kept], part.row_of[kept], part.data[kept], (part.width, len(learned))
        )
    )
