"""Any data set against the shipped recommender, through the artifact that serving reads.

``interactions`` are frames of user_id, item_id, rating (1 to 5, or 1.0 throughout where
watching is all that is known) and timestamp (Unix seconds, NaN if unknown); ``items`` of
item_id, title, year, genres, directors, writers, cast (lists), plot (text) and tags (list).
Fold-in, scores and ranker are those of the handlers, diversity and exploration being off.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping

import numpy as np

from benchmarks.cells import POSITIVE, Events, Floats, Frame, events, title, titles
from recommender.artifact import from_bytes, to_bytes
from recommender.catalogue import Title, Viewer
from recommender.histories import Column, Histories
from recommender.history import TitleState
from recommender.ranker import RankerConfig
from recommender.request import Request
from recommender.sparse import Bools
from recommender.training import TrainingConfig, fit

History = Mapping[str, TitleState]
_FIRST_TIME = 1.0
"""Unix seconds: histories know no earlier moment."""


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
        fresh = Recommender()
        fresh._fit(interactions, items)  # apart, so that a failure leaves what was there
        self.__dict__.update(fresh.__dict__)

    def _fit(self, interactions: Frame, items: Frame) -> None:
        told = events(interactions)
        self._implicit = told.implicit
        self._now = _FIRST_TIME
        self._told: dict[Hashable, list[tuple[Histories, int]]] = {}
        catalogue = self._catalogue(items, told)
        model = fit(
            catalogue,
            self._tell(told, unknown_time=_typical(told.times)),
            version="benchmark",
            now=self._now,
            config=TrainingConfig(ranker=RankerConfig(diversity=0.0, exploration=0.0)),
        )
        self.artifact = to_bytes(model)
        self._model = from_bytes(self.artifact)

    def update(self, interactions: Frame) -> None:
        """Fold in what viewers did since, whether or not they were in ``fit``.

        The model stays: titles it doesn't know are left out. What has no time is news.

        Raises :class:`ValueError` before ``fit`` and for a frame that is not as described above.
        """
        self._fitted()
        self._tell(events(interactions), unknown_time=self._now)

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
            seen_too=not exclude_seen,
        )
        allowed = mask & request.allowed
        picks = request.picks(min(k, int(allowed.sum())), allowed)
        return [self._items[int(pick.title_id)] for pick in picks]

    def _catalogue(self, items: Frame, told: Events) -> list[Title]:
        rows = dict(titles(items))
        self._items = list(dict.fromkeys([*rows, *told.items]))
        self._number = {item: number for number, item in enumerate(self._items)}
        # Written in full, so that their order as texts is that of the numbers.
        self._ids = [f"{number:09d}" for number in range(len(self._items))]
        return [
            title(title_id, rows.get(item, {"title": item}))
            for title_id, item in zip(self._ids, self._items, strict=True)
        ]

    def _history(self, viewer: Hashable) -> History:
        """All that was told of ``viewer``, the latest word on each title."""
        states: dict[str, TitleState] = {}
        for histories, row in self._told.get(viewer, ()):
            for title_id, state in histories.history(row).items():
                earlier = states.get(title_id)
                if earlier is None or earlier.last_event_at <= state.last_event_at:
                    states[title_id] = state
        return states

    def _tell(self, told: Events, *, unknown_time: float) -> Histories:
        """Keep what the model can know of ``told``, by viewer."""
        rows: dict[Hashable, int] = {}
        viewers = np.array([rows.setdefault(one, len(rows)) for one in told.viewers], np.int64)
        numbers = np.array([self._number.get(item, -1) for item in told.items], np.int32)
        times = np.maximum(np.nan_to_num(told.times, nan=unknown_time), _FIRST_TIME)
        self._now = max(self._now, float(times.max(initial=_FIRST_TIME)))
        order = np.lexsort((times, numbers, viewers))
        order = order[numbers[order] >= 0]
        pairs = viewers[order] * len(self._ids) + numbers[order]
        last = order[np.diff(pairs, append=-1) != 0]  # the latest word on each title
        histories = Histories(
            [f"{row:09d}" for row in range(len(rows))],
            self._ids,
            np.searchsorted(viewers[last], np.arange(len(rows) + 1)).astype(np.int64),
            numbers[last],
            self._said(told.ratings[last], times[last]),
        )
        for viewer, row in rows.items():
            self._told.setdefault(viewer, []).append((histories, row))
        return histories

    def _said(self, ratings: Floats, times: Floats) -> dict[str, Column]:
        """Ratings are ratings, but for those that say no more than that something was watched."""
        watched = np.isnan(ratings) | (self._implicit & (ratings == POSITIVE))
        return {
            "completed_at": np.where(watched, times, np.nan),
            "rating": np.where(watched, np.nan, ratings).astype(np.float32),
            "rated_at": np.where(watched, np.nan, times),
        }

    def _fitted(self) -> None:
        if not self.artifact:
            raise ValueError("the recommender knows nothing yet: call fit first")


def _typical(times: Floats) -> float:
    """What an unknown moment is taken for: the middle of the known ones."""
    known = times[np.isfinite(times)]
    return float(np.median(known)) if len(known) else _FIRST_TIME
