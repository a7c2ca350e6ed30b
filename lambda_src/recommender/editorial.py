"""What people decide about lists: pinned titles, boosts, and caps on sameness.

Rules bend the order of what a viewer may see and has not seen, and nothing else: the hard
filters (:mod:`recommender.ranker`) are asked after them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from recommender.catalogue import Title, Viewer
from recommender.index import CatalogueIndex
from recommender.sparse import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From ``start`` until before ``end``, in Unix seconds; ``None`` is an open end."""

    start: float | None = None
    end: float | None = None

    def holds(self, now: float) -> bool:
        """Whether ``now`` is in it."""
        begun = self.start is None or now >= self.start
        return begun and (self.end is None or now < self.end)


ALWAYS = Period()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A title for a place of the top list, from 1; ``countries`` empty is everywhere."""

    title_id: str
    place: int
    countries: tuple[str, ...] = ()
    period: Period = ALWAYS

    def holds(self, viewer: Viewer, now: float) -> bool:
        """Whether it is for this viewer at this time; an unknown country is no country."""
        here = not self.countries or viewer.country in self.countries
        return here and self.period.holds(now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Boost:
    """Scores of ``title_ids`` and of titles of ``genre`` (any case) times ``factor``, above 0."""

    factor: float
    title_ids: tuple[str, ...] = ()
    genre: str | None = None
    period: Period = ALWAYS

    def covers(self, title: Title) -> bool:
        """Whether it is about the title."""
        if title.title_id in self.title_ids:
            return True
        wanted = self.genre.casefold() if self.genre else None
        return any(genre.casefold() == wanted for genre in title.genres)


class CapKind(StrEnum):
    """What a cap counts."""

    DIRECTOR = "director"
    GENRE = "genre"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """At most ``most`` titles of any one director or genre in the first ``within`` places."""

    by: CapKind
    most: int
    within: int

    def values(self, title: Title) -> tuple[str, ...]:
        """What the title is counted under."""
        return title.directors if self.by is CapKind.DIRECTOR else title.genres


@dataclass(frozen=True, slots=True, kw_only=True)
class EditorialRules:
    """All rules that are in force or will be."""

    pins: tuple[Pin, ...] = ()
    boosts: tuple[Boost, ...] = ()
    caps: tuple[Cap, ...] = ()

    def pins_for(self, viewer: Viewer, now: float, places: int) -> list[Pin]:
        """The pins of this viewer's first ``places``, in order of place, a title once.

        A pin further down is as good as none: its title is ranked like any other.
        """
        chosen: dict[str, Pin] = {}
        for pin in sorted(self.pins, key=lambda pin: pin.place):
            if pin.place <= places and pin.holds(viewer, now):
                chosen.setdefault(pin.title_id, pin)
        return list(chosen.values())


NO_RULES = EditorialRules()


def boosted(scores: Floats, boosts: Sequence[Boost], index: CatalogueIndex, now: float) -> Floats:
    """``scores`` [titles] after all boosts that hold at ``now``; as they were without any.

    Boosts multiply: two of a title both count. What is below 0 is divided, so that a factor
    above 1 always lifts.
    """
    holding = [boost for boost in boosts if boost.period.holds(now)]
    if not holding:
        return scores
    factors = np.ones(len(scores), dtype=np.float32)
    for boost in holding:
        covered = np.zeros(len(scores), dtype=bool)
        covered[[index.numbers[t] for t in boost.title_ids if t in index.numbers]] = True
        if boost.genre is not None:
            columns = index.genre_columns([boost.genre])
            covered |= (index.genres[:, columns] > 0).any(axis=1)
        factors[covered] *= np.float32(boost.factor)
    lifted: Floats = np.where(scores < 0, scores / factors, scores * factors)
    return lifted


def boost_factor(title: Title, boosts: Iterable[Boost], now: float) -> float:
    """What the boosts that hold at ``now`` come to for one title."""
    factor = 1.0
    for boost in boosts:
        if boost.period.holds(now) and boost.covers(title):
            factor *= boost.factor
    return factor
