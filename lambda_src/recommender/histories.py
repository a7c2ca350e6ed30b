"""Everybody's histories as arrays: what training reads, at a few bytes for each title watched.

A :class:`Histories` is a mapping from viewer id to history like any other, but a viewer's
states are made when they are asked for; what training does with all of them it does with the
arrays.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.history import TitleState
from recommender.interactions import History, Interactions
from recommender.preferences import preferences
from recommender.sparse import Bools, SparseRows

Column = npt.NDArray[Any]
FIELDS = tuple(field.name for field in fields(TitleState) if field.name != "title_id")
TIMES = tuple(name for name in FIELDS if name.endswith("_at"))
_PART = 2_000_000  # states whose preferences are worked out at a time: bounds the memory


@dataclass(frozen=True, eq=False)
class Histories(Mapping[str, History]):
    """The states of viewer v, of ``viewer_ids`` (ascending), from ``starts[v]`` to the next.

    ``titles`` are numbers of ``title_ids`` (ascending), rising within a viewer. ``columns``
    hold the fields of :class:`TitleState` by name, NaN (or false) for what is not known; a
    field that nobody has is left out.
    """

    viewer_ids: Sequence[str]
    title_ids: Sequence[str]
    starts: npt.NDArray[np.int64]
    titles: npt.NDArray[np.int32]
    columns: Mapping[str, Column]

    @classmethod
    def of(cls, histories: Mapping[str, History]) -> Histories:
        """``histories`` as arrays; as they are where they are arrays already."""
        if isinstance(histories, Histories):
            return histories
        viewer_ids = sorted(histories)
        title_ids = sorted({title_id for states in histories.values() for title_id in states})
        number = {title_id: place for place, title_id in enumerate(title_ids)}
        states = [state for viewer in viewer_ids for _, state in sorted(histories[viewer].items())]
        lengths = [len(histories[viewer]) for viewer in viewer_ids]
        titles = np.fromiter((number[state.title_id] for state in states), np.int32, len(states))
        columns = {name: _column(name, [getattr(s, name) for s in states]) for name in FIELDS}
        known = {name: column for name, column in columns.items() if _says_something(column)}
        starts = np.concatenate(([0], np.cumsum(lengths, dtype=np.int64))).astype(np.int64)
        return cls(viewer_ids, title_ids, starts, titles, known)

    def __getitem__(self, viewer_id: str) -> dict[str, TitleState]:
        row = bisect_left(self.viewer_ids, viewer_id)
        if row == len(self.viewer_ids) or self.viewer_ids[row] != viewer_id:
            raise KeyError(viewer_id)
        return self.history(row)

    def __iter__(self) -> Iterator[str]:
        return iter(self.viewer_ids)

    def __len__(self) -> int:
        return len(self.viewer_ids)

    @property
    def times(self) -> npt.NDArray[np.float64]:
        """:attr:`TitleState.last_event_at` of every state."""
        latest = np.zeros(len(self.titles))
        for name in TIMES:
            if name in self.columns:
                np.fmax(latest, self.columns[name], out=latest)
        return latest

    @property
    def row_of(self) -> npt.NDArray[np.int32]:
        """The viewer of each state, by number."""
        return np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.starts))

    def history(
        self, row: int, places: npt.NDArray[np.int64] | None = None
    ) -> dict[str, TitleState]:
        """The history of viewer ``row``, or its states at ``places``."""
        if places is None:
            places = np.arange(self.starts[row], self.starts[row + 1])
        given = {name: column[places].tolist() for name, column in self.columns.items()}
        history = {}
        for place, title in enumerate(self.titles[places].tolist()):
            said = {name: values[place] for name, values in given.items()}
            known = {name: value for name, value in said.items() if value == value}  # not NaN
            title_id = self.title_ids[title]
            history[title_id] = TitleState(title_id=title_id, **known)
        return history

    def where(self, kept: Bools) -> Histories:
        """Only the states that are ``kept``, and only the viewers who have any."""
        left = np.bincount(self.row_of[kept], minlength=len(self))
        viewers = np.flatnonzero(left)
        starts = np.concatenate(([0], np.cumsum(left[viewers]))).astype(np.int64)
        columns = {name: column[kept] for name, column in self.columns.items()}
        ids = [self.viewer_ids[viewer] for viewer in viewers.tolist()]
        return Histories(ids, self.title_ids, starts, self.titles[kept], columns)

    def interactions(self, index: Mapping[str, int], now: float) -> Interactions:
        """Preferences at ``now`` by the numbers of ``index``; unknown titles are left out."""
        numbers = np.array([index.get(t, -1) for t in self.title_ids], dtype=np.int32)
        columns = numbers[self.titles] if len(numbers) else self.titles
        values = np.empty(len(columns), dtype=np.float32)
        for start in range(0, len(columns), _PART):
            part = slice(start, min(start + _PART, len(columns)))
            states = {name: column[part] for name, column in self.columns.items()}
            values[part] = preferences(states, part.stop - start, now)
        times, rows, known = self.times, self.row_of, columns >= 0
        if not known.all():
            columns, values, times, rows = columns[known], values[known], times[known], rows[known]
        lengths = np.bincount(rows, minlength=len(self))
        if (np.diff(numbers[numbers >= 0]) < 0).any():
            order = np.lexsort((columns, rows))
            columns, values, times = columns[order], values[order], times[order]
        starts = np.concatenate(([0], np.cumsum(lengths))).astype(np.int32)
        return Interactions(SparseRows(values, columns, starts, len(index)), times)


def _column(name: str, values: Sequence[float | bool | None]) -> Column:
    if name == "listed":
        return np.array(values, dtype=bool)
    kind = np.float64 if name in TIMES else np.float32
    return np.array([np.nan if value is None else value for value in values], dtype=kind)


def _says_something(column: Column) -> bool:
    return bool(column.any() if column.dtype == bool else (~np.isnan(column)).any())
