"""Interactions files as arrays, merged into histories without an object for each event."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.histories import Histories
from recommender.history import Signal, SignalKind

_KINDS = tuple(SignalKind)
Numbers = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
# Of each kind that is a register the fields of a state that it sets: the value's and the time's.
_REGISTERS = {
    SignalKind.POSITION: ("position_seconds", "position_at"),
    SignalKind.RATE: ("rating", "rated_at"),
    SignalKind.LIST: ("listed", "listed_at"),
}
_MOMENTS = {
    SignalKind.COMPLETE: "completed_at",
    SignalKind.ABANDON: "abandoned_at",
    SignalKind.DISMISS: "dismissed_at",
}


@dataclass
class Events:
    """Signals in columns, as they come; 37 bytes each."""

    viewers: dict[str, int] = field(default_factory=dict)
    titles: dict[str, int] = field(default_factory=dict)
    _viewer: array[int] = field(default_factory=lambda: array("i"))
    _title: array[int] = field(default_factory=lambda: array("i"))
    _kind: array[int] = field(default_factory=lambda: array("b"))
    _value: array[float] = field(default_factory=lambda: array("d"))
    _time: array[float] = field(default_factory=lambda: array("d"))
    _duration: array[float] = field(default_factory=lambda: array("d"))

    def __len__(self) -> int:
        return len(self._time)

    @property
    def newest(self) -> float:
        """The time of the latest event, 0 where there is none."""
        return max(self._time, default=0.0)

    @property
    def oldest(self) -> float:
        """The time of the first event, 0 where there is none."""
        return min(self._time, default=0.0)

    def add(self, signals: Iterable[tuple[str, Signal]], known: Collection[str]) -> None:
        """Takes in the signals of ``known`` titles."""
        for viewer_id, signal in signals:
            if signal.title_id not in known:
                continue
            self._viewer.append(self.viewers.setdefault(viewer_id, len(self.viewers)))
            self._title.append(self.titles.setdefault(signal.title_id, len(self.titles)))
            self._kind.append(_KINDS.index(signal.kind))
            self._value.append(np.nan if signal.value is None else signal.value)
            self._time.append(signal.occurred_at)
            length = signal.duration_seconds
            self._duration.append(np.nan if length is None else length)

    def histories(self) -> Histories:
        """What :func:`recommender.history.merge` of all of them, in any order, comes to."""
        viewer_ids, viewers = _ascending(self.viewers, self._viewer)
        title_ids, titles = _ascending(self.titles, self._title)
        pairs, state = np.unique(viewers * len(title_ids) + titles, return_inverse=True)
        kinds = np.frombuffer(self._kind, dtype=np.int8) if len(self) else np.zeros(0, np.int8)
        columns: dict[str, npt.NDArray[Any]] = {}
        for number, kind in enumerate(_KINDS):
            here = np.flatnonzero(kinds == number)
            if len(here):
                columns |= self._fields(kind, here, state[here], len(pairs))
        lengths = np.bincount(pairs // max(1, len(title_ids)), minlength=len(viewer_ids))
        starts = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
        numbers = (pairs % max(1, len(title_ids))).astype(np.int32)
        return Histories(viewer_ids, title_ids, starts, numbers, columns)

    def _fields(
        self, kind: SignalKind, here: Places, state: Places, states: int
    ) -> dict[str, npt.NDArray[Any]]:
        """The fields that events ``here``, of one ``kind``, give to their states."""
        times = np.frombuffer(self._time)[here]
        if kind in _MOMENTS:
            latest = np.full(states, np.nan)
            np.fmax.at(latest, state, times)
            return {_MOMENTS[kind]: latest}
        values = np.frombuffer(self._value)[here]
        # Of equal times the larger value counts, and any more than none.
        order = np.lexsort((np.where(np.isnan(values), -np.inf, values), times, state))
        last = order[np.flatnonzero(np.diff(state[order], append=-1))]
        name, time = _REGISTERS[kind]
        said, when = np.full(states, np.nan), np.full(states, np.nan)
        said[state[last]], when[state[last]] = values[last], times[last]
        if kind is SignalKind.LIST:
            return {name: np.nan_to_num(said) != 0, time: when}
        if kind is SignalKind.RATE:
            return {name: said.astype(np.float32), time: when}
        lengths = np.full(states, np.nan)
        np.fmax.at(lengths, state, np.frombuffer(self._duration)[here])
        return {name: said, time: when, "duration_seconds": lengths}


def _ascending(codes: dict[str, int], column: array[int]) -> tuple[list[str], Places]:
    """The ids in order, and the column by their places in it."""
    ids = sorted(codes)
    place = np.zeros(len(ids), dtype=np.int64)
    place[[codes[one] for one in ids]] = np.arange(len(ids))
    return ids, place[np.frombuffer(column, dtype=np.int32)] if len(column) else place[:0]
