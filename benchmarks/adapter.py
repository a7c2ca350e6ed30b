"""Any data set against the shipped recommender, through the artifact that serving reads.

``interactions`` are frames of user_id, item_id, rating (1 to 5, or 1.0 throughout where
watching is all that is known) and timestamp (Unix seconds, NaN if unknown); ``items`` of
item_id, title, year, genres, directors, writers, cast (lists), plot (text) and tags (list).
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable
from typing import Any

import numpy as np

from recommender.artifact import from_bytes, to_bytes
from recommender.catalogue import Title, Viewer
from recommender.history import TitleState
from recommender.ranker import RankerConfig
from recommender.request import Request
from recommender.sparse import Bools
from recommender.training import TrainingConfig, fit

Frame = Any
_UNKNOWN_TIME = 1.0


class Recommender:
    """Fitted once, told more by ``update``; ``artifact`` holds the bytes that are served."""

    def __init__(self) -> None:
        self.artifact = b""
        self._histories: dict[Hashable, dict[str, TitleState]] = {}

    def fit(self, interactions: Frame, items: Frame) -> None:
        """Learn from these frames; what was learned before is forgotten."""
        self._ids: dict[str, Hashable] = {str(item): item for item in items["item_id"].tolist()}
        self._histories, self._now = {}, _UNKNOWN_TIME
        self.update(interactions)
        model = fit(
            [_title(row) for row in items.to_dict("records")],
            {str(viewer): history for viewer, history in self._histories.items()},
            version="benchmark",
            now=self._now,
            config=TrainingConfig(ranker=RankerConfig(diversity=0.0)),
        )
        self.artifact = to_bytes(model)
        self._model = from_bytes(self.artifact)

    def update(self, interactions: Frame) -> None:
        """Fold in what viewers did since, whether or not they were in ``fit``."""
        columns = (interactions[name] for name in ("user_id", "item_id", "rating", "timestamp"))
        for viewer, item, rating, time in zip(*columns, strict=True):
            when = _UNKNOWN_TIME if math.isnan(time) else max(float(time), _UNKNOWN_TIME)
            state = TitleState(title_id=str(item), rating=float(rating), rated_at=when)
            self._histories.setdefault(viewer, {})[state.title_id] = state
            self._now = max(self._now, when)

    def recommend(
        self,
        user_ids: Iterable[Hashable],
        k: int,
        exclude_seen: bool = True,
        candidates: Iterable[Hashable] | None = None,
    ) -> dict[Hashable, list[Hashable]]:
        """The ``k`` best titles of each viewer, of ``candidates`` where these are given.

        The ranker always leaves out what was seen, so ``exclude_seen`` has to be true.
        """
        if not exclude_seen:
            raise ValueError("the shipped ranker never suggests what was seen")
        mask = None
        if candidates is not None:
            mask = np.zeros(len(self._model.index), bool)
            mask[[self._model.index.numbers[str(item)] for item in candidates]] = True
        return {viewer: self._list(viewer, k, mask) for viewer in user_ids}

    def _list(self, viewer: Hashable, k: int, mask: Bools | None) -> list[Hashable]:
        model, history = self._model, self._histories.get(viewer, {})
        request = Request(
            model.scorers,
            model.index,
            model.ranker,
            history,
            Viewer(),
            now=self._now,
            trending={},
            favourite_genres=(),
        )
        allowed = request.allowed if mask is None else request.allowed & mask
        return [self._ids[pick.title_id] for pick in request.picks(k, allowed)]


def _title(row: dict[str, Any]) -> Title:
    year = row["year"]
    return Title(
        title_id=str(row["item_id"]),
        name=str(row["title"]),
        year=year if isinstance(year, int) else None,
        genres=tuple(row["genres"]),
        cast=tuple(row["cast"]),
        directors=tuple(row["directors"]),
        plot=". ".join([str(row["plot"] or ""), *row["tags"]]).strip(". "),
    )
