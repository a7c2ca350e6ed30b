"""What scorers put into an artifact and how they get it back: checked, or refused by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from recommender.container import Arrays
from recommender.errors import DamagedArtifactError
from recommender.sparse import Bools, Floats, Ints, SparseRows

_WIDEST_SHORT = 1 << 16
_INT8 = 127


def narrow(width: int) -> type[np.uint16 | np.int32]:
    """The smallest type for numbers below ``width``."""
    return np.uint16 if width <= _WIDEST_SHORT else np.int32


def halved(name: str, matrix: SparseRows) -> dict[str, npt.NDArray[Any]]:
    """``matrix`` with values at half precision."""
    values = matrix.data if matrix.data.dtype == np.float16 else matrix.data.astype(np.float16)
    return _sparse(name, matrix, values)


def quantised(name: str, matrix: SparseRows) -> dict[str, npt.NDArray[Any]]:
    """``matrix`` with values in 255 even steps, of which the largest value is 127."""
    if matrix.data.dtype == np.int8:
        values, step = matrix.data, np.float32(matrix.step)
    else:
        step = np.float32(max(float(np.abs(matrix.data).max(initial=0)) / _INT8, 1e-9))
        values = np.rint(matrix.data / step).astype(np.int8)
    return {**_sparse(name, matrix, values), f"{name}.step": np.array([step], np.float32)}


def _sparse(name: str, matrix: SparseRows, values: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
    return {
        f"{name}.values": values,
        f"{name}.columns": matrix.columns.astype(narrow(matrix.width), copy=False),
        f"{name}.starts": matrix.starts.astype(np.int32, copy=False),
    }


@dataclass(frozen=True)
class Parts:
    """The arrays of one part of an artifact; all getters raise :class:`DamagedArtifactError`.

    ``titles`` is how many titles the artifact has, ``settings`` the fields of the config that
    the part was fitted with.
    """

    name: str
    arrays: Arrays
    titles: int
    settings: Mapping[str, Any] = field(default_factory=dict)

    def array(self, name: str) -> npt.NDArray[Any]:
        """The array ``name`` as it is stored."""
        whole = f"{self.name}/{name}"
        if whole not in self.arrays:
            raise DamagedArtifactError(f"a part is missing: {whole!r}")
        return self.arrays[whole]

    def texts(self, name: str) -> tuple[str, ...]:
        """Texts that are stored as JSON."""
        values = json.loads(self.array(name).tobytes())
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise DamagedArtifactError(f"'{self.name}/{name}' is not a list of texts")
        return tuple(values)

    def row(self, name: str, length: int) -> Floats:
        """``length`` finite numbers, widened."""
        row = self.array(name)
        if row.shape != (length,) or not np.isfinite(row).all():
            raise DamagedArtifactError(f"'{self.name}/{name}' is not {length} finite numbers")
        return row.astype(np.float32)

    def table(self, name: str, height: int, order: Literal["C", "F"] = "F") -> Floats:
        """``height`` rows of finite numbers, widened.

        Column after column, which is how a product with a vector goes through them fastest, or,
        with "C", row after row, which is best where a few rows are asked for.
        """
        table = self.array(name)
        if table.ndim != 2 or len(table) != height or not np.isfinite(table).all():
            raise DamagedArtifactError(f"'{self.name}/{name}' is not {height} finite rows")
        return table.astype(np.float32, order=order)

    def tables(self, one: str, other: str, height: int) -> tuple[Floats, Floats]:
        """Two tables of ``height`` rows, as wide as each other; of one a few rows are asked for."""
        first, second = self.table(one, height, "C"), self.table(other, height)
        if first.shape != second.shape:
            raise DamagedArtifactError(f"'{self.name}/{one}' and '{self.name}/{other}' differ")
        return first, second

    def numbers(self, name: str) -> Ints:
        """Numbers of titles, ascending."""
        numbers = self.array(name)
        sound = (
            numbers.ndim == 1
            and numbers.dtype == np.int32
            and bool((np.diff(numbers, prepend=-1, append=self.titles) > 0).all())
        )
        if not sound:
            raise DamagedArtifactError(f"'{self.name}/{name}' are not numbers of titles")
        return numbers

    def bits(self, name: str) -> Bools:
        """One yes or no for each title."""
        packed = self.array(name)
        if packed.shape != (-(-self.titles // 8),) or packed.dtype != np.uint8:
            raise DamagedArtifactError(f"'{self.name}/{name}' is not {self.titles} bits")
        return np.unpackbits(packed, count=self.titles).astype(bool)

    def rows(self, name: str, height: int, width: int) -> SparseRows:
        """A matrix of this shape, its columns as they are stored, and values of one byte too."""
        values, columns, starts = (
            self.array(f"{name}.{part}") for part in ("values", "columns", "starts")
        )
        step = self.row(f"{name}.step", 1)[0] if values.dtype == np.int8 else 1.0
        sound = (
            values.shape == columns.shape
            and starts.shape == (height + 1,)
            and starts[0] == 0
            and starts[-1] == len(values)
            and bool((starts[1:] >= starts[:-1]).all())
            and columns.dtype == narrow(width)
            and (not len(columns) or (columns.min() >= 0 and columns.max() < width))
            and (values.dtype == np.int8 or bool(np.isfinite(values).all()))
        )
        if not sound:
            raise DamagedArtifactError(
                f"the matrix '{self.name}/{name}' is not {height} by {width}"
            )
        if values.dtype == np.float16:
            values = values.astype(np.float32)  # once, and not at every request
        return SparseRows(values, columns, starts, width, float(step))
