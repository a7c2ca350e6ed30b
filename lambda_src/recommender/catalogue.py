"""The catalogue as the recommender sees it."""

from __future__ import annotations

from dataclasses import dataclass

ELSEWHERE = "*"  # every country that is not named


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds for a title in one country, or in :data:`ELSEWHERE`."""

    country: str
    maturity: int | None = None
    available_from: float | None = None
    available_until: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """One title of the catalogue.

    ``maturity`` is the youngest age in years the title is meant for; ``None`` is "not
    classified" and fails closed: only a profile without a ceiling may see it. The
    availability window is [``available_from``, ``available_until``) in Unix seconds, an end
    that is ``None`` being open; ``countries`` are ISO 3166-1 alpha-2 codes, empty for
    everywhere.

    ``terms`` say where countries differ; the title's own fields then are the highest maturity
    and the widest window of them all.
    """

    title_id: str
    name: str
    year: int | None = None
    genres: tuple[str, ...] = ()
    cast: tuple[str, ...] = ()
    directors: tuple[str, ...] = ()
    plot: str = ""
    maturity: int | None = None
    available_from: float | None = None
    available_until: float | None = None
    countries: tuple[str, ...] = ()
    terms: tuple[Terms, ...] = ()

    def terms_in(self, country: str | None) -> Terms | Title:
        """What holds in a country; in one that is not known, what holds in those not named."""
        by_country = {terms.country: terms for terms in self.terms}
        return by_country.get(country or ELSEWHERE) or by_country.get(ELSEWHERE) or self


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who asks. ``maturity_ceiling`` is an age in years; 18 is "no ceiling"."""

    country: str | None = None
    maturity_ceiling: int = 18
