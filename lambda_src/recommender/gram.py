"""Which titles are liked together: sums over viewers, made once and shared by who needs them.

Sums can be added to and taken from: what they are without a few viewers costs as little as
those viewers, and days or machines can be added up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from recommender.interactions import Interactions
from recommender.preferences import strength
from recommender.sparse import Floats, Ints, SparseRows

_BLOCK = 4_096  # rows that are dense at a time, pairs of a title at a time: bounds the memory
_PAIR = 300.0  # how much longer a pair of one row takes than a cell of a dense product
_LEAF = 512  # titles from which on an inverse is worked out in four parts


@dataclass(frozen=True, kw_only=True)
class GramConfig:
    """``fewest``: viewers a title must have, of rarer ones there is nothing to learn;
    ``most``: titles, those of the most viewers: bounds time and memory."""

    fewest: int = 3
    most: int = 5_000


@dataclass(frozen=True)
class Gram:
    """``products`` [learned, learned]: of the inputs of each two of the ``learned`` titles.

    ``learned`` are numbers, ascending; ``viewers`` [titles] is how many each title of the
    catalogue has, ``liking`` the mean square of an input.
    """

    learned: Ints
    products: Floats
    viewers: Ints
    liking: float

    @classmethod
    def of(cls, interactions: Interactions, config: GramConfig) -> Gram:
        """The products of everybody's inputs (:func:`~recommender.preferences.strength`)."""
        matrix = interactions.preferences
        viewers = np.bincount(matrix.columns, minlength=matrix.width).astype(np.int32)
        enough = np.flatnonzero(viewers >= config.fewest).astype(np.int32)
        learned = _most_watched(viewers, enough, config.most)
        inputs = strength(matrix.data)
        # Likings fade with age, and with them what a ridge is measured against.
        liking = max(float((inputs * inputs).mean()), 1e-6) if inputs.size else 1.0
        return cls(learned, products(_inputs(matrix, learned)), viewers, liking)

    def without(self, interactions: Interactions, rows: Ints) -> Gram:
        """What it is without the viewers at ``rows`` of the ``interactions`` it is of."""
        left_out = interactions.preferences.take(rows)
        viewers = self.viewers - np.bincount(left_out.columns, minlength=left_out.width)
        inputs = _inputs(left_out, self.learned)
        return replace(self, products=self.products - products(inputs), viewers=viewers)

    def within(self, most: int) -> Gram:
        """Of the ``most`` most watched titles alone."""
        if most >= len(self.learned):
            return self
        learned = _most_watched(self.viewers, self.learned, most)
        places = np.searchsorted(self.learned, learned)
        return replace(self, learned=learned, products=self.products[np.ix_(places, places)])


def products(rows: SparseRows) -> Floats:
    """``rows.T @ rows``, dense [width, width]: by pairs of short rows, in blocks of long ones."""
    total = np.zeros((rows.width, rows.width), dtype=np.float32)
    short = rows.lengths.astype(np.float64) ** 2 * _PAIR < float(rows.width) ** 2
    _add_pairs(total, rows.take(np.flatnonzero(short).astype(np.int32)))
    long = np.flatnonzero(~short).astype(np.int32)
    everything = np.arange(rows.width, dtype=np.int32)
    for start in range(0, len(long), _BLOCK):
        block = rows.dense(long[start : start + _BLOCK], everything)
        total += block.T @ block
    return total


def inverse(matrix: Floats) -> Floats:
    """The inverse of a symmetric positive definite ``matrix``, in half the time of a general one.

    By Schur's complement of its upper left quarter, and so on.
    """
    size = len(matrix)
    if size <= _LEAF:
        return np.asarray(np.linalg.inv(matrix), dtype=np.float32)
    half = size // 2
    upper = inverse(matrix[:half, :half])
    across = matrix[half:, :half] @ upper
    rest = np.asarray(matrix[half:, half:] - across @ matrix[:half, half:], dtype=np.float32)
    lower = inverse(rest)
    inverted = np.empty_like(matrix)
    inverted[half:, half:] = lower
    inverted[half:, :half] = -lower @ across
    inverted[:half, half:] = inverted[half:, :half].T
    inverted[:half, :half] = upper - across.T @ inverted[half:, :half]
    return inverted


def _add_pairs(total: Floats, rows: SparseRows) -> None:
    by_column = rows.transposed()
    for column in range(rows.width):
        begin, end = by_column.starts[column : column + 2].tolist()
        for start in range(begin, end, _BLOCK):
            here = slice(start, min(start + _BLOCK, end))
            total[column] += rows.mix(by_column.columns[here], by_column.data[here])


def _most_watched(viewers: Ints, titles: Ints, most: int) -> Ints:
    watched = titles[np.argsort(-viewers[titles], kind="stable")[:most]]
    return np.sort(watched).astype(np.int32)


def _inputs(matrix: SparseRows, learned: Ints) -> SparseRows:
    """Viewers' inputs of the ``learned`` titles: [viewers x learned]."""
    slot = np.full(matrix.width, -1, dtype=np.int32)
    slot[learned] = np.arange(len(learned), dtype=np.int32)
    kept = slot[matrix.columns] >= 0
    lengths = np.bincount(matrix.row_of[kept], minlength=matrix.height)
    starts = np.concatenate(([0], np.cumsum(lengths))).astype(np.int32)
    columns = slot[matrix.columns[kept]]
    return SparseRows(strength(matrix.data[kept]), columns, starts, len(learned))
