"""What a request gets back: titles with where they come from and why they are there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Source(StrEnum):
    """The scorer that put a title there.

    Popularity and trending are named where they gave most of the score, else the larger of
    the two that know the viewer.
    """

    CONTENT = "content"
    COLLABORATIVE = "collaborative"
    POPULARITY = "popularity"
    TRENDING = "trending"
    HISTORY = "history"  # the viewer's own: continue watching
    EDITORIAL = "editorial"  # put there by people: a pin


class ReasonKind(StrEnum):
    """The form of a reason, for pages that word it themselves."""

    BECAUSE_YOU_WATCHED = "because_you_watched"
    BECAUSE_YOU_RATED = "because_you_rated"
    BECAUSE_YOU_LISTED = "because_you_listed"
    SHARED_PEOPLE = "shared_people"
    SIMILAR_VIEWERS = "similar_viewers"
    GENRE = "genre"
    POPULAR = "popular"
    TRENDING = "trending"
    CONTINUE_WATCHING = "continue_watching"
    EDITORIAL = "editorial"


class Reason(NamedTuple):
    """Why a title is there, in words and in what the words are about.

    ``title_ids`` are titles of the viewer's own history (or the title asked about, for
    similar titles); ``people`` are the directors and actors the text names.
    """

    kind: ReasonKind
    text: str
    title_ids: tuple[str, ...] = ()
    people: tuple[str, ...] = ()

    @property
    def because(self) -> tuple[str, ...]:
        """All that the reason cites: the title ids, then the people."""
        return (*self.title_ids, *self.people)


class Recommendation(NamedTuple):
    """One title for one viewer. ``score`` orders titles of one answer and nothing beyond it.

    ``propensity`` is the probability with which chance put this title at this place, given
    the titles above it (:func:`recommender.arrangement.explore`); 1 where none was involved.
    """

    title_id: str
    score: float
    source: Source
    reason: Reason
    propensity: float = 1.0


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a home page.

    ``row_id`` is ``continue_watching``, ``top_picks``, ``because_you_watched:<title_id>``,
    ``viewers_like_you``, ``trending``, ``new_for_you`` or ``genre:<name>``. Items of
    ``continue_watching`` are in progress, so check them with
    :func:`recommender.ranker.playable`, all others with ``eligible``.
    """

    row_id: str
    name: str
    items: tuple[Recommendation, ...]
