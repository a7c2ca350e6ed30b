"""Recommendations as the API shows them: every item with its source and its reason."""

from __future__ import annotations

from recommender.history import TitleState
from recommender.recommendation import Reason, Recommendation
from schemas.catalogue import TitleRecord
from schemas.fields import Shape


class ReasonCard(Shape):
    """Why a title is there: in words, and in what the words are about.

    ``because`` holds the ids of the titles that the text cites, then the names of the people.
    """

    kind: str
    because: list[str]
    text: str

    @classmethod
    def of(cls, reason: Reason) -> ReasonCard:
        """The card of a recommender's reason."""
        return cls(kind=reason.kind, because=list(reason.because), text=reason.text)


class RecommendedTitle(Shape):
    """One item. ``score`` orders the items of one answer and nothing beyond it.

    ``fallback`` says why this item is not the model's, ``null`` where it is. ``propensity`` is
    the probability with which this title came to this place, given those above it: below 1
    only where the list explores. ``playable`` is whether there is media to play.
    """

    title_id: str
    name: str
    year: int | None
    genres: list[str]
    maturity: int | None
    playable: bool
    score: float
    source: str
    reason: ReasonCard
    model_version: str | None
    fallback: str | None
    propensity: float

    @classmethod
    def of(
        cls,
        pick: Recommendation,
        record: TitleRecord,
        *,
        model_version: str | None,
        fallback: str | None,
    ) -> RecommendedTitle:
        """The item of a pick, with what the catalogue itself says of the title now."""
        title = record.title
        return cls(
            title_id=title.title_id,
            name=title.name,
            year=title.year,
            genres=list(title.genres),
            maturity=title.maturity,
            playable=record.manifest is not None,
            score=pick.score,
            source=pick.source,
            reason=ReasonCard.of(pick.reason),
            model_version=model_version,
            fallback=fallback,
            propensity=pick.propensity,
        )


class StartedTitle(RecommendedTitle):
    """An item of ``continue_watching``."""

    position_seconds: float
    duration_seconds: float | None

    @classmethod
    def started(cls, item: RecommendedTitle, state: TitleState) -> StartedTitle:
        """``item`` and where the viewer stopped."""
        return cls(
            **item.model_dump(),
            position_seconds=state.position_seconds or 0.0,
            duration_seconds=state.duration_seconds,
        )


class Recommendations(Shape):
    """Titles for a profile, best first. ``fallback`` says why no model was asked."""

    profile_id: str
    model_version: str | None
    fallback: str | None
    items: list[RecommendedTitle]


class SimilarTitles(Shape):
    """Titles like ``title_id``, likest first."""

    title_id: str
    model_version: str | None
    fallback: str | None
    items: list[RecommendedTitle]


class HomeRow(Shape):
    """One row of the home page."""

    row_id: str
    name: str
    items: list[StartedTitle | RecommendedTitle]


class Home(Shape):
    """The rows of a profile's home page, top to bottom."""

    profile_id: str
    model_version: str | None
    fallback: str | None
    rows: list[HomeRow]
