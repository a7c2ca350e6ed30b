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

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.errors import DamagedArtifactError
from recommender.interactions import FoldedHistory, Interactions
from recommender.parts import Parts, halved
from recommender.preferences import strength
from recommender.sparse import Floats, Ints, SparseRows
from recommender.truncation import largest, low_rank, spread

_BLOCK = 4_096  # viewers whose histories are looked at together: bounds the memory
_SHARED = 5  # titles that a feature must have: rarer ones cost most and say least
_PAIR = 60.0  # how much longer a pair of one viewer takes than a cell of a dense product


@dataclass(frozen=True, kw_only=True)
class LinearConfig:
    """How titles are regressed on each other."""

    ridge: float = 150.0  # average likings' worth
    denoising: float = 0.33  # the share of a history that is taken as dropped
    metadata: float = 12.0  # average likings' worth of each kind of feature of a title
    fewest: int = 3  # viewers a title must have: of rarer ones there is nothing to learn
    most: int = 12_000  # titles, those of the most viewers: bounds time and memory
    kept: int = 200  # weights of a row, on average, beside
    rank: int = 64  # of what approximates the rest
    seed: int = 20_262


@dataclass(frozen=True)
class LinearScorer:
    """What having liked title h says of title i: ``weights[h, i] + giving[h] @ getting[i]``.

    ``weights`` [titles x titles] holds the largest; ``giving`` and ``getting`` [titles, rank]
    are the low-rank rest.
    """

    weights: SparseRows
    giving: Floats
    getting: Floats
    config: LinearConfig

    @classmethod
    def fit(
        cls, interactions: Interactions, features: SparseRows, config: LinearConfig
    ) -> LinearScorer:
        """The model of ``interactions``; ``features`` [titles x features] in blocks
        of unit length."""
        matrix = interactions.preferences
        viewers = np.bincount(matrix.columns, minlength=matrix.width)
        enough = np.flatnonzero(viewers >= config.fewest)
        most = np.argsort(-viewers[enough], kind="stable")[: config.most]
        learned: Ints = np.sort(enough[most]).astype(np.int32)
        weights = _regress(matrix, features, learned, config)
        asked = np.sqrt(viewers[learned]).astype(np.float32)
        weights *= asked[:, None]
        kept = largest(weights, learned, matrix.width, config.kept)
        slots = np.searchsorted(learned, kept.columns), np.searchsorted(learned, kept.row_of)
        weights[slots[1], slots[0]] = 0
        giving, getting = low_rank(weights, config.rank, config.seed)
        often = spread(asked[:, None], learned, matrix.width)[:, 0]
        return cls(
            kept.scaled(rows=(1 / np.maximum(often, 1)).astype(np.float32)),
            spread(giving / asked[:, None], learned, matrix.width),
            spread(getting, learned, matrix.width),
            config,
        )

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Everything, for an artifact."""
        return {
            **halved("weights", self.weights),
            "giving": self.giving.astype(np.float16),
            "getting": self.getting.astype(np.float16),
        }

    @classmethod
    def from_arrays(cls, parts: Parts) -> LinearScorer:
        """What :meth:`arrays` gave."""
        weights = parts.rows("weights", parts.titles, parts.titles)
        giving, getting = (parts.table(name, parts.titles) for name in ("giving", "getting"))
        if giving.shape != getting.shape:
            raise DamagedArtifactError("'linear/giving' and 'linear/getting' differ in rank")
        return cls(weights, giving, getting, LinearConfig(**parts.settings))

    def __call__(self, history: FoldedHistory) -> Floats:
        """Scores [titles]: what the titles of the history say, added up."""
        inputs = strength(history.preferences)
        rest = self.getting @ (inputs @ self.giving[history.titles])
        scores: Floats = self.weights.mix(history.titles, inputs) + rest
        # A title says nothing about itself, and the rest is only nearly 0 there.
        scores[history.titles] -= inputs * self._own[history.titles]
        return scores

    def shares(self, picks: Ints, history: FoldedHistory) -> Floats:
        """What each title of ``history`` adds to the score of each of ``picks``: exact.

        [picks, history]; each of ``picks`` once.
        """
        links = self.weights.dense(history.titles, picks).T
        links = links + self.getting[picks] @ self.giving[history.titles].T
        shares: Floats = links * strength(history.preferences)
        shares[picks[:, None] == history.titles[None, :]] = 0
        return shares

    @cached_property
    def _own(self) -> Floats:
        own: Floats = (self.giving * self.getting).sum(axis=1)
        return own


def _regress(
    matrix: SparseRows, features: SparseRows, learned: Ints, config: LinearConfig
) -> Floats:
    """Weights [learned, learned], the diagonal 0, from whichever side is the smaller."""
    slot = np.full(matrix.width, -1, dtype=np.int32)
    slot[learned] = np.arange(len(learned), dtype=np.int32)
    watched = SparseRows(strength(matrix.data), matrix.columns, matrix.starts, matrix.width)
    # Likings fade with age, and with them what the ridge is measured against.
    liking = max(float((watched.data * watched.data).mean()), 1e-6) if watched.data.size else 1.0
    config = replace(config, ridge=config.ridge * liking)
    known = _dense_features(features, learned) * np.float32(np.sqrt(config.metadata * liking))
    if matrix.height + known.shape[1] < len(learned):
        rows = np.vstack([_dense(watched, 0, watched.height, slot, len(learned)), known.T])
        inverse = _inverse_by_rows(rows, config)
    else:
        inverse = _inverse_by_titles(watched, known, slot, config)
    diagonal = np.diag(inverse).copy()
    regressed = -inverse / np.maximum(diagonal, np.float32(1e-12))[None, :]
    weights: Floats = np.asarray(regressed, dtype=np.float32)
    np.fill_diagonal(weights, 0)
    return weights


def _inverse_by_titles(
    watched: SparseRows, known: Floats, slot: Ints, config: LinearConfig
) -> Floats:
    """The inverse of the ridged Gram matrix, a sum over viewers."""
    gram: Floats = known @ known.T
    pairs = float((watched.lengths.astype(np.float64) ** 2).sum())
    if pairs * _PAIR < float(watched.height) * len(known) ** 2:
        _add_pairs(gram, watched, slot)
    else:
        for start in range(0, watched.height, _BLOCK):
            block = _dense(watched, start, min(start + _BLOCK, watched.height), slot, len(known))
            gram += block.T @ block
    gram[np.diag_indices_from(gram)] += _ridge(np.diag(gram).copy(), config)
    inverse: Floats = np.asarray(np.linalg.inv(gram), dtype=np.float32)
    return inverse


def _add_pairs(gram: Floats, watched: SparseRows, slot: Ints) -> None:
    """Adds to ``gram`` the product of each two titles of each viewer: nothing dense but itself."""
    kept = slot[watched.columns] >= 0
    lengths = np.bincount(watched.row_of[kept], minlength=watched.height)
    starts = np.concatenate(([0], np.cumsum(lengths))).astype(np.int32)
    inner = SparseRows(watched.data[kept], slot[watched.columns[kept]], starts, len(gram))
    by_title = inner.transposed()
    for title in range(len(gram)):
        begin, end = by_title.starts[title : title + 2].tolist()
        for start in range(begin, end, _BLOCK):
            here = slice(start, min(start + _BLOCK, end))
            gram[title] += inner.mix(by_title.columns[here], by_title.data[here])


def _inverse_by_rows(rows: Floats, config: LinearConfig) -> Floats:
    """The same by Woodbury's identity, for fewer viewers and features than titles."""
    ridge = _ridge((rows * rows).sum(axis=0), config)
    divided = rows / ridge
    core = np.eye(len(rows), dtype=np.float32) + divided @ rows.T
    inverse: Floats = -(divided.T @ np.linalg.solve(core, divided)).astype(np.float32, copy=False)
    inverse[np.diag_indices_from(inverse)] += 1 / ridge
    return inverse


def _ridge(squares: Floats, config: LinearConfig) -> Floats:
    odds = config.denoising / (1 - config.denoising)
    ridge: Floats = (config.ridge + odds * squares).astype(np.float32)
    return ridge


def _dense(watched: SparseRows, start: int, end: int, slot: Ints, width: int) -> Floats:
    """Viewers ``start`` to ``end`` as dense rows [viewers, learned]."""
    part = watched.take(np.arange(start, end, dtype=np.int32))
    place = slot[part.columns]
    kept = place >= 0
    block = np.zeros((end - start, width), dtype=np.float32)
    block[part.row_of[kept], place[kept]] = part.data[kept]
    return block


def _dense_features(features: SparseRows, learned: Ints) -> Floats:
    """Features of the ``learned`` titles, those that several share: [learned, features]."""
    part = features.take(learned)
    shared = np.flatnonzero(np.bincount(part.columns, minlength=part.width) >= _SHARED)
    return part.dense(np.arange(len(learned), dtype=np.int32), shared.astype(np.int32))
