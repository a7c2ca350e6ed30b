"""What filters and rows need to know of a catalogue, as arrays."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.catalogue import Title
from recommender.country_terms import CountryTerms, Limits, Times
from recommender.errors import DamagedArtifactError
from recommender.parts import Parts
from recommender.sparse import Bools, Floats, Ints


@dataclass(frozen=True)
class Columns:
    """By number of title: ids, availability, age, year, countries and genres.

    ``opens`` and ``closes`` are Unix seconds, infinite where the end is open; ``maturity`` is
    above every ceiling where unknown, ``years`` 0. ``shown`` [countries, titles] and ``genres``
    [genres, titles] say which title is of which of ``countries`` and ``genre_names``. ``terms``
    are what holds in some countries alone.
    """

    title_ids: tuple[str, ...]
    opens: Times
    closes: Times
    maturity: Ints
    years: Ints
    countries: tuple[str, ...]
    shown: Bools
    genre_names: tuple[str, ...]
    genres: Bools
    terms: CountryTerms

    @classmethod
    def of(cls, titles: Sequence[Title]) -> Columns:
        """The columns of ``titles``."""
        countries, shown = _membership([title.countries for title in titles])
        genre_names, genres = _membership([title.genres for title in titles])
        own = Limits.of(titles)
        return cls(
            tuple(title.title_id for title in titles),
            own.opens,
            own.closes,
            own.maturity,
            np.array([title.year or 0 for title in titles], dtype=np.int32),
            countries,
            shown,
            genre_names,
            genres,
            CountryTerms.of(titles),
        )

    def limits_in(self, country: str | None) -> Limits:
        """Windows and ages of the titles, as they hold in a country."""
        return self.terms.over(Limits(self.opens, self.closes, self.maturity), country)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Everything, for an artifact."""
        names = {
            "ids": self.title_ids,
            "countries": self.countries,
            "genre_names": self.genre_names,
        }
        return {
            **{name: _text(values) for name, values in names.items()},
            "opens": self.opens,
            "closes": self.closes,
            "maturity": self.maturity,
            "years": self.years,
            "shown": np.packbits(self.shown, axis=1),
            "genres": np.packbits(self.genres, axis=1),
            **self.terms.arrays(),
        }

    @classmethod
    def from_arrays(cls, parts: Parts) -> Columns:
        """What :meth:`arrays` gave; :class:`DamagedArtifactError` where it does not fit."""
        title_ids, countries, genre_names = (
            parts.texts(name) for name in ("ids", "countries", "genre_names")
        )
        if len(set(title_ids)) != parts.titles:
            found = len(set(title_ids))
            raise DamagedArtifactError(f"{found} title ids where there should be {parts.titles}")
        opens, closes = (_times(parts, name) for name in ("opens", "closes"))
        return cls(
            title_ids,
            opens,
            closes,
            _whole(parts, "maturity"),
            _whole(parts, "years"),
            countries,
            _bits(parts, "shown", len(countries)),
            genre_names,
            _bits(parts, "genres", len(genre_names)),
            CountryTerms.from_arrays(parts),
        )


def membership_table(of: Bools) -> Floats:
    """[titles, values] of 0 and 1."""
    return np.ascontiguousarray(of.T).astype(np.float32)


def _membership(values: Sequence[Iterable[str]]) -> tuple[tuple[str, ...], Bools]:
    names = tuple(sorted({value for row in values for value in row}))
    place: Mapping[str, int] = {name: number for number, name in enumerate(names)}
    table = np.zeros((len(names), len(values)), dtype=bool)
    for number, row in enumerate(values):
        table[[place[value] for value in row], number] = True
    return names, table


def _text(values: Sequence[str]) -> npt.NDArray[np.uint8]:
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return np.frombuffer(text.encode(), dtype=np.uint8)


def _times(parts: Parts, name: str) -> Times:
    times = parts.array(name)
    if times.shape != (parts.titles,) or np.isnan(times).any():
        raise DamagedArtifactError(f"'{parts.name}/{name}' is not {parts.titles} times")
    return times.astype(np.float64, copy=False)


def _whole(parts: Parts, name: str) -> Ints:
    values = parts.array(name)
    if values.shape != (parts.titles,):
        raise DamagedArtifactError(f"'{parts.name}/{name}' is not {parts.titles} numbers")
    return values.astype(np.int32, copy=False)


def _bits(parts: Parts, name: str, height: int) -> Bools:
    packed = parts.array(name)
    if packed.shape != (height, -(-parts.titles // 8)) or packed.dtype != np.uint8:
        raise DamagedArtifactError(f"'{parts.name}/{name}' is not {height} by {parts.titles} bits")
    return np.unpackbits(packed, axis=1, count=parts.titles).astype(bool)
