"""What holds for titles in some countries alone, as arrays."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.catalogue import ELSEWHERE, Terms, Title
from recommender.errors import DamagedArtifactError
from recommender.parts import Parts
from recommender.sparse import Ints

UNCLASSIFIED = 1_000  # an age above every ceiling
Times = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Limits:
    """Windows in Unix seconds, infinite where an end is open, and ages: one of each a row."""

    opens: Times
    closes: Times
    maturity: Ints

    @classmethod
    def of(cls, rows: Sequence[Title | Terms]) -> Limits:
        """The limits of ``rows``; ``UNCLASSIFIED`` where the age is not known."""
        opens = [-np.inf if row.available_from is None else row.available_from for row in rows]
        closes = [np.inf if row.available_until is None else row.available_until for row in rows]
        ages = [UNCLASSIFIED if row.maturity is None else row.maturity for row in rows]
        return cls(
            np.array(opens, dtype=np.float64),
            np.array(closes, dtype=np.float64),
            np.array(ages, dtype=np.int32),
        )


@dataclass(frozen=True)
class CountryTerms:
    """The terms of all titles, by country.

    Those of ``countries[c]`` are the rows ``starts[c]`` to ``starts[c + 1]`` of ``titles``, the
    numbers of titles, and of ``limits``.
    """

    countries: tuple[str, ...]
    starts: Ints
    titles: Ints
    limits: Limits

    @classmethod
    def of(cls, titles: Sequence[Title]) -> CountryTerms:
        """The terms of ``titles``, of which most have none."""
        rows = sorted(
            (terms.country, number, place)
            for number, title in enumerate(titles)
            for place, terms in enumerate(title.terms)
        )
        counts = Counter(country for country, _, _ in rows)  # in the order of the rows
        return cls(
            tuple(counts),
            np.cumsum([0, *counts.values()], dtype=np.int32),
            np.array([number for _, number, _ in rows], dtype=np.int32),
            Limits.of([titles[number].terms[place] for _, number, place in rows]),
        )

    def over(self, own: Limits, country: str | None) -> Limits:
        """:meth:`Title.terms_in` of every title at once, ``own`` being their own limits."""
        if not len(self.titles):
            return own
        limits = Limits(own.opens.copy(), own.closes.copy(), own.maturity.copy())
        for name in (ELSEWHERE, country or ELSEWHERE):
            if name in self.countries:
                place = self.countries.index(name)
                rows = slice(self.starts[place], self.starts[place + 1])
                numbers = self.titles[rows]
                limits.opens[numbers] = self.limits.opens[rows]
                limits.closes[numbers] = self.limits.closes[rows]
                limits.maturity[numbers] = self.limits.maturity[rows]
        return limits

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Everything, for an artifact."""
        text = json.dumps(self.countries, ensure_ascii=False, separators=(",", ":"))
        return {
            "terms.countries": np.frombuffer(text.encode(), dtype=np.uint8),
            "terms.starts": self.starts,
            "terms.titles": self.titles,
            "terms.opens": self.limits.opens,
            "terms.closes": self.limits.closes,
            "terms.maturity": self.limits.maturity,
        }

    @classmethod
    def from_arrays(cls, parts: Parts) -> CountryTerms:
        """What :meth:`arrays` gave; :class:`DamagedArtifactError` where it does not fit."""
        starts, titles, opens, closes, maturity = (
            parts.array(f"terms.{name}")
            for name in ("starts", "titles", "opens", "closes", "maturity")
        )
        countries = parts.texts("terms.countries")
        rows = (len(titles),)
        sound = (
            starts.shape == (len(countries) + 1,)
            and starts[0] == 0
            and starts[-1] == len(titles)
            and bool((starts[1:] >= starts[:-1]).all())
            and all(array.shape == rows for array in (titles, opens, closes, maturity))
            and (not len(titles) or (titles.min() >= 0 and titles.max() < parts.titles))
            and not (np.isnan(opens).any() or np.isnan(closes).any())
        )
        if not sound:
            raise DamagedArtifactError(f"'{parts.name}/terms' don't fit {parts.titles} titles")
        return cls(countries, starts, titles, Limits(opens, closes, maturity))
