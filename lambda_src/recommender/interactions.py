"""Histories as arrays: one viewer's at request time, everybody's at training time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from recommender.history import TitleState
from recommender.preferences import preference, strength
from recommender.sparse import Bools, Floats, Ints, SparseRows

History = Mapping[str, TitleState]
_Found = TypeVar("_Found")


@dataclass(frozen=True)
class FoldedHistory:
    """What one viewer did with titles of the model: ``titles`` [n] and ``preferences`` [n].

    ``memo`` keeps what a scorer worked out of it, for what is asked of it later.
    """

    titles: Ints
    preferences: Floats
    memo: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.titles)

    @cached_property
    def inputs(self) -> Floats:
        """The preferences as inputs of a regression: [n]."""
        return strength(self.preferences)

    def once(self, scorer: object, work: Callable[[FoldedHistory], _Found]) -> _Found:
        """What ``work`` of ``scorer`` makes of this history, made at the first call alone."""
        name = work.__qualname__
        asked, found = self.memo.get(name, (None, None))
        if asked is not scorer:
            found = work(self)
            self.memo[name] = scorer, found
        known: _Found = found
        return known


def fold(history: History, index: Mapping[str, int], now: float) -> FoldedHistory:
    """``history`` at ``now``; titles the model doesn't know and empty states are left out."""
    found = []
    for title_id, state in history.items():
        if (number := index.get(title_id)) is not None:
            liking = preference(state, now)
            if liking or state.last_event_at > 0:
                found.append((number, liking))
    found.sort()  # so that the order of the mapping never shows in a sum of floats
    return FoldedHistory(
        np.array([number for number, _ in found], dtype=np.int32),
        np.array([weight for _, weight in found], dtype=np.float32),
    )


def heard(history: FoldedHistory, told: Callable[[Floats], Floats]) -> Floats:
    """What a history says by a model that adds up what titles say, ``told(inputs)``.

    What is disliked speaks against what is linked to it, and for nothing else. ``inputs`` are
    of all titles of the history, 0 for those that are not heard.
    """
    scores = told(np.maximum(history.inputs, 0))
    disliked = np.minimum(history.inputs, 0)
    if disliked.any():
        scores += np.minimum(told(disliked), 0)
    return scores


@dataclass(frozen=True)
class Interactions:
    """Everybody's histories: ``preferences`` [viewers x titles].

    ``times`` (Unix seconds) and ``liked`` are of its values: when the viewer last did something
    with the title, and whether it was rated four stars or finished without a rating.
    """

    preferences: SparseRows
    times: np.ndarray[tuple[int], np.dtype[np.float64]]
    liked: Bools

    @property
    def viewers(self) -> int:
        """How many viewers there are."""
        return self.preferences.height
