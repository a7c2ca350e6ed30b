"""Any data set against the shipped recommender, through the artifact that serving reads.

``interactions`` are frames of user_id, item_id, rating (1 to 5, or 1.0 throughout where
watching is all that is known) and timestamp (Unix seconds, NaN if unknown); ``items`` of
item_id, title, year, genres, directors, writers, cast (lists), plot (text) and tags (list).
Fold-in, scores and ranker are those of the handlers, diversity and exploration being off.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks.cells import Events, Floats, Frame, events, title, titles
from recommender.artifact import from_bytes, to_bytes
from recommender.catalogue import Title, Viewer
from recommender.history import TitleState
from recommender.ranker import RankerConfig
from recommender.request import Request
from recommender.sparse import Bools, Ints
from recommender.training import TrainingConfig, fit

History = Mapping[str, TitleState]
_FIRST_TIME = 1.0
"""Unix seconds: histories know no earlier moment."""


@dataclass(frozen=True)
class _Slice:
    """What one viewer did, of one frame: title numbers, ratings and Unix seconds, each [n]."""

    numbers: Ints
    ratings: Floats
    times: Floats

    def rows(self) -> Iterator[tuple[int, float, float]]:
        """One (title number, rating, time) for each event, in the frame's order."""
        columns = (self.numbers.tolist(), self.ratings.tolist(), self.times.tolist())
        return zip(*columns, strict=True)


class Recommender:
    """Fitted once, told more by ``update``; ``artifact`` holds the bytes that are served.

    Titles have numbers here, in the order of ``items``, those that only interactions name
    after them: ids of any type that can be a key stay what they are.
    """

    def __init__(self) -> None:
        self.artifact = b""

    def fit(self, interactions: Frame, items: Frame) -> None:
        """Learn from these frames; what was learned before is forgotten.

        Raises :class:`ValueError` for a frame that is not as described above, and
        :class:`NothingToTrainError` where there is no interaction or no title.
        """
        told = events(interactions)
        self._implicit = told.implicit
        self._unknown_time = _typical(told.times)
        self._now = _FIRST_TIME
        self._told: dict[Hashable, list[_Slice]] = {}
        self._number: dict[Hashable, int] = {}
        catalogue = [title(self._id_of(item), row) for item, row in titles(items)]
        for item in dict.fromkeys(told.items):
            if item not in self._number:
                catalogue.append(Title(title_id=self._id_of(item), name=str(item)))
        self._items = list(self._number)
        self._tell(told)
        model = fit(
            catalogue,
            {str(row): self._history(viewer) for row, viewer in enumerate(self._told)},
            version="benchmark",
            now=self._now,
            config=TrainingConfig(ranker=RankerConfig(diversity=0.0, exploration=0.0)),
        )
        self.artifact = to_bytes(model)
        self._model = from_bytes(self.artifact)

    def update(self, interactions: Frame) -> None:
        """Fold in what viewers did since, whether or not they were in ``fit``.

        The model stays: titles it doesn't know are left out. Raises :class:`ValueError` before
        ``fit`` and for a frame that is not as described above.
        """
        self._fitted()
        self._tell(events(interactions))

    def recommend(
        self,
        user_ids: Iterable[Hashable],
        k: int,
        exclude_seen: bool = True,
        candidates: Iterable[Hashable] | None = None,
    ) -> dict[Hashable, list[Hashable]]:
        """The ``k`` best titles of each viewer, of ``candidates`` where these are given.

        A viewer nobody has heard of gets what is popular; candidates that the model doesn't
        know are left out, so a list may be shorter than ``k``. Raises :class:`ValueError`
        before ``fit``.
        """
        self._fitted()
        mask = np.ones(len(self._items), bool)
        if candidates is not None:
            mask[:] = False
            mask[[self._number[item] for item in candidates if item in self._number]] = True
        return {viewer: self._list(viewer, k, exclude_seen, mask) for viewer in user_ids}

    def _list(self, viewer: Hashable, k: int, exclude_seen: bool, mask: Bools) -> list[Hashable]:
        model, anybody = self._model, Viewer()
        request = Request(
            model.scorers,
            model.index,
            model.ranker,
            self._history(viewer),
            anybody,
            now=self._now,
            trending={},
            favourite_genres=(),
        )
        open_titles = request.allowed if exclude_seen else model.index.playable(anybody, self._now)
        allowed = mask & open_titles
        picks = request.picks(min(k, int(allowed.sum())), allowed)
        return [self._items[int(pick.title_id)] for pick in picks]

    def _history(self, viewer: Hashable) -> History:
        states: dict[str, TitleState] = {}
        for told in self._told.get(viewer, ()):
            for number, rating, time in told.rows():
                earlier = states.get(str(number))
                if earlier is None or earlier.last_event_at <= time:
                    states[str(number)] = self._state(str(number), rating, time)
        return states

    def _state(self, title_id: str, rating: float, time: float) -> TitleState:
        if self._implicit:
            return TitleState(title_id=title_id, completed_at=time)
        return TitleState(title_id=title_id, rating=rating, rated_at=time)

    def _tell(self, told: Events) -> None:
        """Keep ``told`` by viewer, titles of the model only."""
        numbers = np.array([self._number.get(item, -1) for item in told.items], dtype=np.int32)
        rows: dict[Hashable, int] = {}
        viewers = np.array([rows.setdefault(one, len(rows)) for one in told.viewers], dtype=int)
        times = np.maximum(np.nan_to_num(told.times, nan=self._unknown_time), _FIRST_TIME)
        self._now = max(self._now, float(times.max(initial=_FIRST_TIME)))
        order = np.argsort(viewers, kind="stable")
        order = order[numbers[order] >= 0]
        bounds = np.searchsorted(viewers[order], np.arange(len(rows) + 1))
        for viewer, begin, end in zip(rows, bounds[:-1], bounds[1:], strict=True):
            mine = order[begin:end]
            kept = _Slice(numbers[mine], told.ratings[mine], times[mine])
            self._told.setdefault(viewer, []).append(kept)

    def _id_of(self, item: Hashable) -> str:
        return str(self._number.setdefault(item, len(self._number)))

    def _fitted(self) -> None:
        if not self.artifact:
            raise ValueError("the recommender knows nothing yet: call fit first")


def _typical(times: Floats) -> float:
    """What an unknown moment is taken for: the middle of the known ones."""
    known = times[np.isfinite(times)]
    return float(np.median(known)) if len(known) else _FIRST_TIME
