"""A title as the titles table holds it: the catalogue's fields, and what else we know of it."""

from __future__ import annotations

from dataclasses import dataclass

from recommender.catalogue import Title


@dataclass(frozen=True, slots=True)
class Episode:
    """Where a title stands in its series; ``followed_by`` is the id of the next."""

    name: str
    season: int
    episode: int
    followed_by: str | None = None


@dataclass(frozen=True, slots=True)
class TitleRecord:
    """``popularity`` is relative, 0 for unknown; ``series`` is ``None`` for what is no episode.

    ``manifest`` is the file below ``/media/<title_id>/`` to play, ``None`` before packaging.
    """

    title: Title
    popularity: float = 0.0
    manifest: str | None = None
    series: Episode | None = None
