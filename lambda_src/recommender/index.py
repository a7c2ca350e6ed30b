"""The catalogue as arrays, so that no request loops over titles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from recommender.catalogue import Title, Viewer
from recommender.history import TitleState
from recommender.ranker import NO_CEILING, suggestible
from recommender.sparse import Bools, Floats, Ints

UNCLASSIFIED = 1_000  # an age above every ceiling


class CatalogueIndex:
    """Titles by number (``titles``) and by id (``numbers``), and what filters need of them."""

    def __init__(self, titles: Sequence[Title]) -> None:
        self.titles = tuple(titles)
        self.numbers: Mapping[str, int] = {
            title.title_id: number for number, title in enumerate(self.titles)
        }
        self.by_id: Mapping[str, Title] = {title.title_id: title for title in self.titles}

    def __len__(self) -> int:
        return len(self.titles)

    def playable(self, viewer: Viewer, now: float) -> Bools:
        """:func:`recommender.ranker.playable` of every title at once: [titles]."""
        mask: Bools = (self.opens <= now) & (now < self._closes) & self._shown_in(viewer.country)
        if viewer.maturity_ceiling < NO_CEILING:
            mask &= self._maturity <= viewer.maturity_ceiling
        return mask

    def eligible(self, history: Mapping[str, TitleState], viewer: Viewer, now: float) -> Bools:
        """:func:`recommender.ranker.eligible` of every title at once: [titles]."""
        mask = self.playable(viewer, now)
        known = [
            number
            for title_id, state in history.items()
            if not suggestible(state) and (number := self.numbers.get(title_id)) is not None
        ]
        mask[known] = False
        return mask

    @cached_property
    def genre_names(self) -> tuple[str, ...]:
        """Every genre, in alphabetical order."""
        return tuple(sorted({genre for title in self.titles for genre in title.genres}))

    @cached_property
    def genres(self) -> Floats:
        """Which title has which genre: [titles, genres] of 0 and 1."""
        column = {genre: number for number, genre in enumerate(self.genre_names)}
        table = np.zeros((len(self.titles), len(column)), dtype=np.float32)
        for number, title in enumerate(self.titles):
            table[number, [column[genre] for genre in title.genres]] = 1
        return table

    def genre_columns(self, names: Sequence[str]) -> Ints:
        """The columns of ``genres`` called ``names``, whatever their case."""
        wanted = {name.casefold() for name in names}
        columns = [n for n, name in enumerate(self.genre_names) if name.casefold() in wanted]
        return np.array(columns, dtype=np.int32)

    @cached_property
    def opens(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """When each title becomes available, Unix seconds; minus infinity for always: [titles]."""
        times = (title.available_from for title in self.titles)
        return np.array([-np.inf if time is None else time for time in times])

    @cached_property
    def years(self) -> Ints:
        """Years of release, 0 where unknown: [titles]."""
        return np.array([title.year or 0 for title in self.titles], dtype=np.int32)

    def _shown_in(self, country: str | None) -> Bools:
        return self._everywhere | self._by_country.get(country or "", np.False_)

    @cached_property
    def _closes(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        times = (title.available_until for title in self.titles)
        return np.array([np.inf if time is None else time for time in times])

    @cached_property
    def _maturity(self) -> Ints:
        ages = (title.maturity for title in self.titles)
        return np.array([UNCLASSIFIED if age is None else age for age in ages], dtype=np.int32)

    @cached_property
    def _everywhere(self) -> Bools:
        return np.array([not title.countries for title in self.titles], dtype=bool)

    @cached_property
    def _by_country(self) -> dict[str, Bools]:
        shown: dict[str, Bools] = {}
        for number, title in enumerate(self.titles):
            for country in title.countries:
                shown.setdefault(country, np.zeros(len(self.titles), dtype=bool))[number] = True
        return shown
