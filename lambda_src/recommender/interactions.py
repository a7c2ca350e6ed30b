"""Histories as arrays: one viewer's at request time, everybody's at training time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from recommender.history import TitleState
from recommender.preferences import preference
from recommender.sparse import Floats, Ints, SparseRows

History = Mapping[str, TitleState]


@dataclass(frozen=True)
class FoldedHistory:
    """What one viewer did with titles of the model: ``titles`` [n] and ``preferences`` [n].

    ``memo`` keeps what a scorer worked out of it, for the reasons that are asked for later.
    """

    titles: Ints
    preferences: Floats
    memo: dict[object, Floats] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.titles)


def fold(history: History, index: Mapping[str, int], now: float) -> FoldedHistory:
    """``history`` at ``now``; titles the model doesn't know and empty states are left out."""
    found = [
        (number, preference(state, now))
        for title_id, state in history.items()
        if (number := index.get(title_id)) is not None and state.last_event_at > 0
    ]
    found.sort()  # so that the order of the mapping never shows in a sum of floats
    return FoldedHistory(
        np.array([number for number, _ in found], dtype=np.int32),
        np.array([weight for _, weight in found], dtype=np.float32),
    )


@dataclass(frozen=True)
class Interactions:
    """Everybody's histories: ``preferences`` [viewers x titles], ``times`` of its values."""

    preferences: SparseRows
    times: np.ndarray[tuple[int], np.dtype[np.float64]]

    @property
    def viewers(self) -> int:
        """How many viewers there are."""
        return self.preferences.height


def gather(histories: Sequence[History], index: Mapping[str, int], now: float) -> Interactions:
    """All ``histories`` as arrays, one row each; unknown titles are left out."""
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    times: list[float] = []
    for row, history in enumerate(histories):
        known = sorted((index[title_id], title_id) for title_id in history if title_id in index)
        for column, title_id in known:
            state = history[title_id]
            rows.append(row)
            columns.append(column)
            values.append(preference(state, now))
            times.append(state.last_event_at)
    matrix = SparseRows.of_triples(
        np.array(rows, dtype=np.int32),
        np.array(columns, dtype=np.int32),
        np.array(values, dtype=np.float32),
        (len(histories), len(index)),
    )
    return Interactions(matrix, np.array(times, dtype=np.float64))
