"""What a request may show: the model's suggestions, or popular titles where there is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from recommender.catalogue import Viewer
from recommender.editorial import EditorialRules
from recommender.history import TitleState
from recommender.ranker import eligible, playable
from recommender.recommendation import Recommendation, Row
from schemas.catalogue import TitleRecord
from schemas.errors import RetryLaterError
from schemas.profiles import Profile
from services.fallback import home_rows, others, popular_titles
from services.ports import Counter, ServedModel, TitleStore, TrendingStore
from services.shelf import Shelf
from services.trending import trending_now

# Candidates beyond the limit: in the place of those that the catalogue took back since
# training, and what exploration draws from.
SPARE_CANDIDATES = 20
ROW_LENGTH = 20

Records = Mapping[str, TitleRecord]


@dataclass(frozen=True, slots=True)
class Context:
    """All that one request's answer is made from, and what the viewer may be shown of it."""

    profile: Profile
    viewer: Viewer
    history: Mapping[str, TitleState]
    served: ServedModel
    rules: EditorialRules
    now: float

    def may_suggest(self, record: TitleRecord | None, title_id: str) -> bool:
        """Whether the title, as the catalogue is now, is news that the viewer may see."""
        state = self.history.get(title_id)
        return record is not None and eligible(record.title, state, self.viewer, self.now)

    def may_name(self, title_ids: Iterable[str], records: Records) -> bool:
        """Whether the viewer may be told of all these titles, as the catalogue is now."""
        known = [records.get(title_id) for title_id in title_ids]
        return all(
            record is not None and playable(record.title, self.viewer, self.now) for record in known
        )


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """Asks the model, or whatever there is in its place."""

    titles: TitleStore
    shelf: Shelf
    trending: TrendingStore
    count: Counter

    def top(self, context: Context, limit: int) -> list[Recommendation]:
        """The best ``limit`` titles and some to spare."""
        if context.served.model is None:
            return self._popular(context, limit + SPARE_CANDIDATES)
        return context.served.model.recommend(
            context.history,
            context.viewer,
            limit=limit + SPARE_CANDIDATES,
            now=context.now,
            trending=self._trending(context),
            favourite_genres=context.profile.favourite_genres,
            boosts=context.rules.boosts,
        )

    def rows(self, context: Context) -> list[Row]:
        """The rows of the home page, the top picks with some to spare."""
        if context.served.model is None:
            return home_rows(self._popular(context, ROW_LENGTH + SPARE_CANDIDATES), context.history)
        return context.served.model.home(
            context.history,
            context.viewer,
            now=context.now,
            trending=self._trending(context),
            favourite_genres=context.profile.favourite_genres,
            boosts=context.rules.boosts,
            row_length=ROW_LENGTH,
            spare=SPARE_CANDIDATES,
        )

    def _trending(self, context: Context) -> dict[str, float]:
        viewer = context.viewer
        return trending_now(
            self.trending, context.now, country=viewer.country, ceiling=viewer.maturity_ceiling
        )

    def _popular(self, context: Context, limit: int) -> list[Recommendation]:
        return popular_titles(
            self.trending,
            self.titles,
            self.shelf,
            context.history,
            context.viewer,
            limit=limit,
            now=context.now,
            boosts=context.rules.boosts,
        )

    def unknown_to_the_model(
        self, context: Context, picks: Sequence[Recommendation], limit: int
    ) -> list[Recommendation]:
        """The end of a list for which the model has too few: what came after its training."""
        self.count("RecommendationsFilledUp")
        try:
            return others(
                self.shelf,
                {pick.title_id for pick in picks},
                context.history,
                context.viewer,
                limit=limit,
                now=context.now,
                below=min((pick.score for pick in picks), default=1.0),
            )
        except RetryLaterError:  # a shorter list is better than none
            return []
