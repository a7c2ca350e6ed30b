"""One trained model: scores, filters, ranks and explains, for any viewer's live history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from recommender.catalogue import Title, Viewer
from recommender.history import TitleState
from recommender.recommendation import Recommendation, Row

_NOTHING: Mapping[str, float] = MappingProxyType({})
_NO_HISTORY: Mapping[str, TitleState] = MappingProxyType({})


class Model:
    """Immutable once made; share one among threads."""

    version: str
    titles: Mapping[str, Title]

    def recommend(
        self,
        history: Mapping[str, TitleState],
        viewer: Viewer,
        *,
        limit: int,
        now: float,
        trending: Mapping[str, float] = _NOTHING,
        favourite_genres: Sequence[str] = (),
        rng: np.random.Generator | None = None,
    ) -> list[Recommendation]:
        """Up to ``limit`` titles ``viewer`` has not seen, best first."""
        raise NotImplementedError

    def similar(
        self,
        title_id: str,
        viewer: Viewer,
        *,
        limit: int,
        now: float,
        history: Mapping[str, TitleState] = _NO_HISTORY,
    ) -> list[Recommendation]:
        """Titles like ``title_id``; :class:`UnknownTitleError` when there is no such title."""
        raise NotImplementedError

    def home(
        self,
        history: Mapping[str, TitleState],
        viewer: Viewer,
        *,
        now: float,
        trending: Mapping[str, float] = _NOTHING,
        favourite_genres: Sequence[str] = (),
        row_length: int = 20,
    ) -> list[Row]:
        """The rows of a home page; empty ones are left out, no title is in two of them."""
        raise NotImplementedError

    def search(self, query: str, viewer: Viewer, *, limit: int, now: float) -> list[str]:
        """Ids of the titles that match every word of ``query``, best first."""
        raise NotImplementedError
