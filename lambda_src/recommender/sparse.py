"""Sparse rows in numpy: the few operations that scoring needs, none of them a Python loop."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]

_LONG = 200  # values from which on a row is copied as a run


@dataclass(frozen=True)
class SparseRows:
    """A matrix of ``len(starts) - 1`` rows and ``width`` columns.

    Row r has the values ``step * data[starts[r]:starts[r + 1]]`` in the ``columns`` of the same
    positions. In training ``data`` is float32, ``step`` 1 and ``columns`` int32. As stored in
    an artifact ``data`` is float16, or int8 with its step, and ``columns`` uint16 where the
    width allows: what a request needs of them is widened as it is read.
    """

    data: Floats
    columns: Ints
    starts: Ints
    width: int
    step: float = 1.0

    @classmethod
    def of_triples(
        cls, rows: Ints, columns: Ints, data: Floats, shape: tuple[int, int]
    ) -> SparseRows:
        """The matrix of ``shape`` with ``data`` at (``rows``, ``columns``), each pair once."""
        order = np.lexsort((columns, rows))
        counts = np.bincount(rows, minlength=shape[0])
        starts = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
        values = data[order].astype(np.float32)
        return cls(values, columns[order].astype(np.int32), starts, shape[1])

    @property
    def height(self) -> int:
        """How many rows there are."""
        return len(self.starts) - 1

    @cached_property
    def lengths(self) -> Ints:
        """How many values each row has."""
        return np.diff(self.starts)

    @cached_property
    def row_of(self) -> Ints:
        """The row of each value."""
        return np.repeat(np.arange(self.height, dtype=np.int32), self.lengths)

    @cached_property
    def norms(self) -> Floats:
        """The Euclidean length of each row."""
        values = self._widened(self.data)
        return np.sqrt(self._sum_rows(values * values))

    def dot(self, vector: Floats) -> Floats:
        """Every row times ``vector`` [width]: [height]."""
        return self._sum_rows(self._widened(self.data) * vector[self.columns])

    def mix(self, rows: Ints, weights: Floats) -> Floats:
        """The sum of ``rows``, each times its weight: a dense vector [width]."""
        return self.take(rows).total(weights)

    def total(self, weights: Floats) -> Floats:
        """The sum of all rows, each times its weight: a dense vector [width]."""
        total = np.zeros(self.width, dtype=np.float32)
        factors = np.repeat(weights.astype(np.float32) * np.float32(self.step), self.lengths)
        factors *= self.data
        np.add.at(total, self.columns.astype(np.intp), factors)
        return total

    def dense(self, rows: Ints, columns: Ints) -> Floats:
        """The values at ``rows`` x ``columns`` (each column once), dense."""
        slot = np.full(self.width, -1, dtype=np.int32)
        slot[columns] = np.arange(len(columns), dtype=np.int32)
        taken = self.take(rows)
        place = slot[taken.columns]
        # Few of the values are asked for, so that only their rows are looked up.
        hits = np.flatnonzero(place >= 0)
        owner = np.searchsorted(taken.starts[1:], hits, side="right")
        block = np.zeros((len(rows), len(columns)), dtype=np.float32)
        block[owner, place[hits]] = self._widened(taken.data[hits])
        return block

    def products(self, left: Ints, right: Ints) -> Floats:
        """The dot product of each row of ``left`` with each of ``right``: [left, right]."""
        in_left, in_both = np.zeros(self.width, dtype=bool), np.zeros(self.width, dtype=bool)
        in_left[self.columns[self.positions(left)]] = True
        in_both[self.columns[self.positions(right)]] = True
        in_both &= in_left
        used = np.flatnonzero(in_both).astype(np.int32)
        products: Floats = self.dense(left, used) @ self.dense(right, used).T
        return products

    def take(self, rows: Ints) -> SparseRows:
        """Only ``rows``, in that order."""
        starts = np.concatenate(([0], np.cumsum(self.lengths[rows]))).astype(np.int32)
        if starts[-1] > _LONG * len(rows):
            # Copying runs is faster than gathering by position where rows are long.
            begins, ends = self.starts[rows].tolist(), self.starts[rows + 1].tolist()
            runs = [slice(*bounds) for bounds in zip(begins, ends, strict=True)]
            columns = np.concatenate([self.columns[run] for run in runs])
            data = np.concatenate([self.data[run] for run in runs])
        else:
            at = self.positions(rows)
            columns, data = self.columns[at], self.data[at]
        return SparseRows(data, columns, starts, self.width, self.step)

    def positions(self, rows: Ints) -> npt.NDArray[np.int64]:
        """Where the values of ``rows`` are, row after row."""
        lengths = self.lengths[rows]
        ends = np.cumsum(lengths)
        shift = np.repeat(self.starts[rows] - (ends - lengths), lengths)
        at: npt.NDArray[np.int64] = np.arange(len(shift)) + shift
        return at

    def scaled(self, rows: Floats | None = None, columns: Floats | None = None) -> SparseRows:
        """The same matrix with its rows and columns multiplied."""
        data = self._widened(self.data)
        if rows is not None:
            data = data * rows[self.row_of]
        if columns is not None:
            data = data * columns[self.columns]
        return SparseRows(data, self.columns, self.starts, self.width)

    def transposed(self) -> SparseRows:
        """Columns as rows; values stay as they are."""
        # A stable sort of small whole numbers is a radix sort.
        order = np.argsort(self.columns, kind="stable")
        counts = np.bincount(self.columns, minlength=self.width)
        starts = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
        return SparseRows(self.data[order], self.row_of[order], starts, self.height, self.step)

    def _widened(self, values: Floats) -> Floats:
        wide = values.astype(np.float32, copy=False)
        return wide if self.step == 1 else wide * np.float32(self.step)

    def _sum_rows(self, values: Floats) -> Floats:
        sums = np.zeros(self.height, dtype=np.float32)
        if self._filled.size:
            sums[self._filled] = np.add.reduceat(values, self.starts[self._filled])
        return sums

    @cached_property
    def _filled(self) -> npt.NDArray[np.int64]:
        # reduceat gives an empty row its neighbour's first value, so empty rows stay out.
        return np.flatnonzero(self.lengths)
