"""Titles as the API shows them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from schemas.catalogue import TitleRecord
from schemas.fields import Shape

Limit = Annotated[int, Field(ge=1, le=100)]
DEFAULT_LIMIT = 20


class TitleCard(Shape):
    """One title. ``maturity`` is an age in years, ``null`` for not classified.

    ``playable`` is whether there is media to play.
    """

    title_id: str
    name: str
    year: int | None
    genres: list[str]
    cast: list[str]
    directors: list[str]
    plot: str
    maturity: int | None
    playable: bool

    @classmethod
    def of(cls, record: TitleRecord) -> TitleCard:
        """The card of a title of the catalogue."""
        title = record.title
        return cls(
            title_id=title.title_id,
            name=title.name,
            year=title.year,
            genres=list(title.genres),
            cast=list(title.cast),
            directors=list(title.directors),
            plot=title.plot,
            maturity=title.maturity,
            playable=record.manifest is not None,
        )


class TitlePage(Shape):
    """A page of the catalogue; ``next_token`` asks for the following one, ``null`` at the end."""

    items: list[TitleCard]
    next_token: str | None = None


class SearchResults(Shape):
    """What matches, best first. ``fallback`` says why no model was asked."""

    query: str
    model_version: str | None
    fallback: str | None
    items: list[TitleCard]
