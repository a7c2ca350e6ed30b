"""Recommendations and the home page of a profile, with or without a model."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from recommender.catalogue import Viewer
from recommender.history import TitleState
from recommender.model import Model
from recommender.ranker import eligible, playable
from recommender.recommendation import Reason, ReasonKind, Recommendation, Row
from schemas.catalogue import TitleRecord
from schemas.profiles import Profile
from schemas.recommendations import Home, HomeRow, Recommendations, RecommendedTitle, StartedTitle
from services.asking import Asker
from services.fallback import home_rows, popular_titles
from services.ports import (
    Counter,
    ModelSource,
    ProfileStore,
    ServedModel,
    TitleStore,
    TrendingStore,
    ViewingStore,
)
from services.trending import HOUR_SECONDS, trending_now

# Candidates beyond the limit, in the place of those that the catalogue took back since training.
SPARE_CANDIDATES = 20
ROW_LENGTH = 20
CONTINUE_WATCHING = "continue_watching"


@dataclass(frozen=True, slots=True)
class _Context:
    """All that one request's answer is made from."""

    profile: Profile
    viewer: Viewer
    history: Mapping[str, TitleState]
    served: ServedModel
    now: float


@dataclass(frozen=True, kw_only=True)
class RecommendationService:
    """Recommends from the served model, the profile's own history and the live catalogue."""

    profiles: ProfileStore
    viewing: ViewingStore
    titles: TitleStore
    trending: TrendingStore
    models: ModelSource
    count: Counter

    def recommend(self, asker: Asker, *, limit: int) -> Recommendations:
        """Up to ``limit`` titles the profile has not seen, best first."""
        context = self._context(asker)
        if context.served.model:
            picks = self._from_model(context, context.served.model, limit)
        else:
            picks = self._popular(context, limit + SPARE_CANDIDATES)
        items = self._items(context, picks, self.titles.get_many(_shown(picks)))
        return Recommendations(
            profile_id=asker.profile_id,
            model_version=context.served.version,
            fallback=context.served.fallback,
            items=items[:limit],
        )

    def home(self, asker: Asker) -> Home:
        """The rows of the home page; a row that the catalogue emptied is left out."""
        context = self._context(asker)
        if context.served.model:
            rows = context.served.model.home(
                context.history,
                context.viewer,
                now=context.now,
                trending=trending_now(self.trending, context.now),
                favourite_genres=context.profile.favourite_genres,
                row_length=ROW_LENGTH,
            )
        else:
            picks = self._popular(context, ROW_LENGTH)
            rows = home_rows(picks, context.history, row_length=ROW_LENGTH)
        records = self.titles.get_many(_shown(pick for row in rows for pick in row.items))
        shown = [
            self._row(context, row, records)
            for row in rows
            if self._may_name(context, _anchor(row), records)
        ]
        return Home(
            profile_id=asker.profile_id,
            model_version=context.served.version,
            fallback=context.served.fallback,
            rows=[row for row in shown if row.items],
        )

    def _context(self, asker: Asker) -> _Context:
        profile = self.profiles.get(asker.account_id, asker.profile_id)
        served = self.models.current(asker.now)
        if served.fallback:
            self.count("RecommendationFallback", reason=served.fallback)
        return _Context(
            profile=profile,
            viewer=profile.viewer(asker.country),
            history=self.viewing.history(asker.profile_id),
            served=served,
            now=asker.now,
        )

    def _from_model(self, context: _Context, model: Model, limit: int) -> list[Recommendation]:
        return model.recommend(
            context.history,
            context.viewer,
            limit=limit + SPARE_CANDIDATES,
            now=context.now,
            trending=trending_now(self.trending, context.now),
            favourite_genres=context.profile.favourite_genres,
            rng=_exploration(context.profile.profile_id, context.now),
        )

    def _popular(self, context: _Context, limit: int) -> list[Recommendation]:
        return popular_titles(
            self.trending,
            self.titles,
            context.history,
            context.viewer,
            limit=limit,
            now=context.now,
        )

    def _items(
        self,
        context: _Context,
        picks: Iterable[Recommendation],
        records: Mapping[str, TitleRecord],
        *,
        started: bool = False,
    ) -> list[RecommendedTitle]:
        # The catalogue has the last word: a title taken off or re-rated since training is gone.
        items = []
        for pick in picks:
            record = records.get(pick.title_id)
            if record is None:
                continue
            state = context.history.get(pick.title_id)
            allowed = (
                playable(record.title, context.viewer, context.now)
                if started
                else eligible(record.title, state, context.viewer, context.now)
            )
            if allowed:
                if not self._may_name(context, pick.reason.title_ids, records):
                    pick = replace(pick, reason=_unnamed(pick.reason))
                version = context.served.version
                items.append(RecommendedTitle.of(pick, record.title, model_version=version))
        return items

    def _may_name(
        self, context: _Context, title_ids: Iterable[str], records: Mapping[str, TitleRecord]
    ) -> bool:
        """Whether the viewer may be told of all these titles, as the catalogue is now."""
        known = [records.get(title_id) for title_id in title_ids]
        return all(
            record is not None and playable(record.title, context.viewer, context.now)
            for record in known
        )

    def _row(self, context: _Context, row: Row, records: Mapping[str, TitleRecord]) -> HomeRow:
        started = row.row_id == CONTINUE_WATCHING
        items = self._items(context, row.items, records, started=started)
        if started:
            history = context.history
            return HomeRow(
                row_id=row.row_id,
                name=row.name,
                items=[StartedTitle.started(item, history[item.title_id]) for item in items],
            )
        return HomeRow(row_id=row.row_id, name=row.name, items=[*items])


def _shown(picks: Iterable[Recommendation]) -> list[str]:
    """Every title that an answer with these picks would name, once."""
    named = (title for pick in picks for title in (pick.title_id, *pick.reason.title_ids))
    return list(dict.fromkeys(named))


def _anchor(row: Row) -> tuple[str, ...]:
    """The title that the row's own name tells of, if it is one that does."""
    kind, _, title_id = row.row_id.partition(":")
    return (title_id,) if kind == ReasonKind.BECAUSE_YOU_WATCHED else ()


def _unnamed(reason: Reason) -> Reason:
    """The reason without the titles and people that it told of."""
    return Reason(reason.kind, "Fits what this profile has watched")


def _exploration(profile_id: str, now: float) -> np.random.Generator:
    # The same for an hour: a page that is loaded again looks the same.
    return np.random.default_rng([zlib.crc32(profile_id.encode()), int(now // HOUR_SECONDS)])
