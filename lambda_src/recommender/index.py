"""The catalogue as arrays, so that no request loops over titles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.cards import TitlesById
from recommender.catalogue import Title, Viewer
from recommender.columns import Columns, membership_table
from recommender.country_terms import Times
from recommender.history import TitleState
from recommender.links import People
from recommender.ranker import NO_CEILING, suggestible
from recommender.sparse import Bools, Floats, Ints


class CatalogueIndex:
    """Titles by number (``titles``) and by id (``numbers``), and what filters need of them.

    ``columns`` are those of ``titles`` where the caller has them already.
    """

    def __init__(self, titles: Sequence[Title], columns: Columns | None = None) -> None:
        self.titles = titles
        self._columns = columns or Columns.of(titles)
        self.ids = self._columns.title_ids
        self.numbers: Mapping[str, int] = {
            title_id: number for number, title_id in enumerate(self.ids)
        }
        self.by_id: Mapping[str, Title] = TitlesById(titles, self.numbers)
        self._people: dict[int, People] = {}

    def __len__(self) -> int:
        return len(self.titles)

    def playable(self, viewer: Viewer, now: float) -> Bools:
        """:func:`recommender.ranker.playable` of every title at once: [titles]."""
        limits = self._columns.limits_in(viewer.country)
        mask: Bools = (limits.opens <= now) & (now < limits.closes)
        mask &= self._shown_in(viewer.country)
        if viewer.maturity_ceiling < NO_CEILING:
            mask &= limits.maturity <= viewer.maturity_ceiling
        return mask

    def eligible(self, history: Mapping[str, TitleState], viewer: Viewer, now: float) -> Bools:
        """:func:`recommender.ranker.eligible` of every title at once: [titles]."""
        return self.suggestible(history, self.playable(viewer, now))

    def suggestible(self, history: Mapping[str, TitleState], playable: Bools) -> Bools:
        """Those of ``playable`` that are news to the viewer of ``history``: [titles]."""
        mask = playable.copy()
        number_of = self.numbers.get
        known = [
            number
            for title_id, state in history.items()
            if (number := number_of(title_id)) is not None and not suggestible(state)
        ]
        mask[known] = False
        return mask

    def people(self, number: int) -> People:
        """The people of a title, kept once they were asked for."""
        people = self._people.get(number)
        if people is None:
            people = self._people[number] = People.of(self.titles[number])
        return people

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The columns, for an artifact."""
        return self._columns.arrays()

    @property
    def genre_names(self) -> tuple[str, ...]:
        """Every genre, in alphabetical order."""
        return self._columns.genre_names

    @cached_property
    def genres(self) -> Floats:
        """Which title has which genre: [titles, genres] of 0 and 1."""
        return membership_table(self._columns.genres)

    def genre_columns(self, names: Sequence[str]) -> Ints:
        """The columns of ``genres`` called ``names``, whatever their case."""
        wanted = {name.casefold() for name in names}
        columns = [n for n, name in enumerate(self.genre_names) if name.casefold() in wanted]
        return np.array(columns, dtype=np.int32)

    @property
    def opens(self) -> Times:
        """When each title becomes available, Unix seconds; minus infinity for always: [titles]."""
        return self._columns.opens

    @property
    def years(self) -> Ints:
        """Years of release, 0 where unknown: [titles]."""
        return self._columns.years

    def _shown_in(self, country: str | None) -> Bools:
        row = self._country_rows.get(country or "")
        return self._everywhere if row is None else self._everywhere | self._columns.shown[row]

    @cached_property
    def _everywhere(self) -> Bools:
        everywhere: Bools = np.logical_not(self._columns.shown.any(axis=0))
        return everywhere

    @cached_property
    def _country_rows(self) -> dict[str, int]:
        return {country: row for row, country in enumerate(self._columns.countries)}
