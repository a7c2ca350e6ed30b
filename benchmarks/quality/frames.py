"""The frames that models are given, in the terms of ``benchmarks.adapter``."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd

from benchmarks.quality.data import DataSet, Ints, Ratings

Frame = Any


class Recommends(Protocol):
    """What is measured: the contract of ``benchmarks.adapter.Recommender``."""

    def fit(self, interactions: Frame, items: Frame) -> object: ...

    def update(self, interactions: Frame) -> object: ...

    def recommend(
        self,
        user_ids: Iterable[Any],
        k: int,
        exclude_seen: bool = True,
        candidates: Iterable[Any] | None = None,
    ) -> Mapping[Any, Sequence[Any]]: ...


class Frames:
    """Makes frames of one data set's ids. Every frame is a new one: models may change it."""

    def __init__(self, data: DataSet) -> None:
        self._data = data
        self._viewers = np.array(data.viewer_ids)
        self._titles = np.array(data.title_ids)

    def interactions(self, ratings: Ratings) -> Frame:
        """user_id, item_id, rating, timestamp."""
        return pd.DataFrame(
            {
                "user_id": self._viewers[ratings.viewers],
                "item_id": self._titles[ratings.titles],
                "rating": ratings.values,
                "timestamp": ratings.times,
            }
        )

    def items(self, known: DataSet) -> Frame:
        """item_id, title, year, genres, directors, writers, cast, plot, tags."""
        tags: dict[int, list[str]] = {}
        for title, word in zip(known.tags.titles.tolist(), known.tags.words, strict=True):
            tags.setdefault(title, []).append(word)
        items = known.items
        return pd.DataFrame(
            {
                "item_id": self._titles,
                "title": [item.title for item in items],
                "year": pd.array([item.year for item in items], dtype="Int64"),
                "genres": [list(item.genres) for item in items],
                "directors": [list(item.directors) for item in items],
                "writers": [list(item.writers) for item in items],
                "cast": [list(item.cast) for item in items],
                "plot": [item.plot for item in items],
                "tags": [tags.get(number, []) for number in range(len(items))],
            }
        )

    def viewer_ids(self, viewers: Ints) -> list[Hashable]:
        """What the data set calls these viewers."""
        return [self._data.viewer_ids[viewer] for viewer in viewers.tolist()]

    def title_ids(self, titles: Ints) -> list[Hashable]:
        """What the data set calls these titles."""
        return [self._data.title_ids[title] for title in titles.tolist()]
