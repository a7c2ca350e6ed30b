"""Sparse rows in numpy: the few operations that scoring needs, none of them a Python loop."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]

_LONG = 150  # values of a row, on average, from which on rows are copied one by one


@dataclass(frozen=True)
class SparseRows:
    """A matrix of ``len(starts) - 1`` rows and ``width`` columns.

    Row r has the values ``step * data[starts[r]:starts[r + 1]]`` in the ``columns`` of the same
    positions. In training ``data`` is float32, ``step`` 1 and ``columns`` int32. As stored in
    an artifact ``data`` is float16, or int8 with its step, and ``columns`` uint16 where the
    width allows: the halves are widened as they are loaded, the rest as it is read.
    """

    data: Floats
    columns: Ints
    starts: Ints
    width: int
    step: float = 1.0
    pairs: npt.NDArray[np.void] | None = None  # see paired()

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
        return self.starts[1:] - self.starts[:-1]

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
        factors = (weights.astype(np.float32) * np.float32(self.step)).repeat(self.lengths)
        factors *= self.data.astype(np.float32, copy=False)
        np.add.at(total, self.columns.astype(np.intp, copy=False), factors)
        return total

    def dense(self, rows: Ints, columns: Ints) -> Floats:
        """The values at ``rows`` x ``columns`` (each column once), dense."""
        return self.take(rows).within(columns)

    def within(self, columns: Ints) -> Floats:
        """The values of all rows in ``columns`` (each once), dense: [height, columns]."""
        asked = np.zeros(self.width, dtype=bool)
        asked[columns] = True
        # Few of the values are asked for, so that only their places are looked up.
        hits = asked.take(self.columns).nonzero()[0]
        slot = np.empty(self.width, dtype=np.intp)
        slot[columns] = np.arange(len(columns))
        owner = self.starts[1:].searchsorted(hits, side="right")
        block = np.zeros((self.height, len(columns)), dtype=np.float32)
        block[owner, slot[self.columns[hits]]] = self._widened(self.data[hits])
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
        begins, ends = self.starts.take(rows), self.starts[1:].take(rows)
        lengths = ends - begins
        starts = np.zeros(len(rows) + 1, dtype=np.int32)
        lengths.cumsum(out=starts[1:])
        if self.pairs is None:
            at = _runs(begins, starts, lengths)
            return replace(
                self, data=self.data.take(at), columns=self.columns.take(at), starts=starts
            )
        if starts[-1] > _LONG * len(rows):
            # Long rows are faster copied one by one than value by value.
            plain = self.pairs.view(f"i{self.pairs.itemsize}")
            bounds = zip(begins.tolist(), ends.tolist(), strict=True)
            pairs = np.concatenate([plain[one:other] for one, other in bounds])
            pairs = pairs.view(self.pairs.dtype)
        else:
            pairs = self.pairs.take(_runs(begins, starts, lengths))
        # Widened at once, since whatever is done with them would do it again and again.
        data: Floats = pairs["value"].astype(np.float32)
        columns: npt.NDArray[Any] = pairs["column"].astype(np.intp)
        return SparseRows(data, columns, starts, self.width, self.step)

    def paired(self) -> SparseRows:
        """The same matrix, its rows read from one place in memory each instead of two."""
        kinds = [("value", self.data.dtype), ("column", self.columns.dtype)]
        pairs = np.empty(len(self.data), dtype=np.dtype(kinds, align=True))
        pairs["value"], pairs["column"] = self.data, self.columns
        return replace(self, pairs=pairs)

    def positions(self, rows: Ints) -> npt.NDArray[np.int64]:
        """Where the values of ``rows`` are, row after row."""
        lengths = self.lengths[rows]
        starts = np.concatenate(([0], np.cumsum(lengths))).astype(np.int32)
        return _runs(self.starts[rows], starts, lengths)

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


def _runs(begins: Ints, starts: Ints, lengths: Ints) -> npt.NDArray[np.int64]:
    """The numbers from each of ``begins`` on, as many as ``lengths`` say, one run after another.

    ``starts`` are where the runs begin in what is returned, and its length.
    """
    at: npt.NDArray[np.int64] = (begins - starts[:-1]).astype(np.int64).repeat(lengths)
    at += np.arange(len(at))
    return at
