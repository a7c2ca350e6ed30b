"""Recommendations and the home page of a profile, with or without a model."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from recommender.arrangement import arrange
from recommender.home import finished
from recommender.recommendation import Reason, ReasonKind, Recommendation, Row, Source
from recommender.rows import CONTINUE_WATCHING, TOP_PICKS
from schemas.recommendations import Home, HomeRow, Recommendations, RecommendedTitle, StartedTitle
from services.asking import Asker
from services.candidates import ROW_LENGTH, Candidates, Context, Records
from services.contributions import HOUR_SECONDS
from services.fallback import TITLE_NOT_IN_MODEL
from services.ports import (
    Counter,
    EditorialSource,
    Journal,
    ModelSource,
    ProfileStore,
    TitleStore,
    TrendingStore,
    ViewingStore,
)
from services.served import Answered, tell_of
from services.shelf import Shelf


@dataclass(frozen=True, kw_only=True)
class RecommendationService:
    """Recommends from the served model, the profile's own history and the live catalogue."""

    profiles: ProfileStore
    viewing: ViewingStore
    titles: TitleStore
    shelf: Shelf
    trending: TrendingStore
    models: ModelSource
    editorial: EditorialSource
    count: Counter
    journal: Journal

    def recommend(self, asker: Asker, *, limit: int) -> Recommendations:
        """Up to ``limit`` titles the profile has not seen, best first."""
        context = self._context(asker)
        picks = self._candidates.top(context, limit)
        records = self._records(context, picks)
        arranged = self._arranged(context, picks, records, limit)
        if len(arranged) < limit and context.served.model:
            picks = [*picks, *self._candidates.unknown_to_the_model(context, picks, limit)]
            records = self._records(context, picks)
            arranged = self._arranged(context, picks, records, limit)
        items = [self._item(context, pick, records) for pick in arranged]
        self._tell(context, "recommendations", [("", items)])
        return Recommendations(
            profile_id=asker.profile_id,
            model_version=context.served.version,
            fallback=context.served.fallback,
            items=items,
        )

    def home(self, asker: Asker) -> Home:
        """The rows of the home page; a row that the catalogue emptied is left out."""
        context = self._context(asker)
        rows = self._candidates.rows(context)
        records = self._records(context, [pick for row in rows for pick in row.items])
        rows = [
            self._with_rules(context, row, records)
            for row in rows
            if context.may_name(_anchor(row), records)
        ]

        def may_show(row: Row, pick: Recommendation) -> bool:
            if row.row_id == CONTINUE_WATCHING:
                return context.may_name([pick.title_id], records)
            return context.may_suggest(records.get(pick.title_id), pick.title_id)

        page = [
            self._row(context, row, records)
            for row in finished(rows, may_show, row_length=ROW_LENGTH)
        ]
        self._tell(context, "home", [(row.row_id, row.items) for row in page])
        return Home(
            profile_id=asker.profile_id,
            model_version=context.served.version,
            fallback=context.served.fallback,
            rows=page,
        )

    def _context(self, asker: Asker) -> Context:
        profile = self.profiles.get(asker.account_id, asker.profile_id)
        served = self.models.current(asker.now)
        if served.fallback:
            self.count("RecommendationFallback", reason=served.fallback)
        return Context(
            profile=profile,
            viewer=profile.viewer(asker.country),
            history=self.viewing.history(asker.profile_id),
            served=served,
            rules=self.editorial.current(asker.now),
            now=asker.now,
        )

    @property
    def _candidates(self) -> Candidates:
        return Candidates(
            titles=self.titles, shelf=self.shelf, trending=self.trending, count=self.count
        )

    def _records(self, context: Context, picks: Iterable[Recommendation]) -> Records:
        """The catalogue as it is now, of every title that an answer with these may name."""
        named = [title for pick in picks for title in (pick.title_id, *pick.reason.title_ids)]
        pinned = [
            pin.title_id for pin in context.rules.pins if pin.holds(context.viewer, context.now)
        ]
        return self.titles.get_many(dict.fromkeys([*named, *pinned]))

    def _arranged(
        self, context: Context, picks: Sequence[Recommendation], records: Records, limit: int
    ) -> list[Recommendation]:
        model = context.served.model
        return arrange(
            picks,
            {title_id: record.title for title_id, record in records.items()},
            context.history,
            context.viewer,
            limit=limit,
            now=context.now,
            rules=context.rules,
            ranker=model.ranker if model else None,
            rng=_exploration(context.profile.profile_id, context.now) if model else None,
        )

    def _with_rules(self, context: Context, row: Row, records: Records) -> Row:
        if row.row_id != TOP_PICKS:
            return row
        return replace(row, items=tuple(self._arranged(context, row.items, records, ROW_LENGTH)))

    def _item(self, context: Context, pick: Recommendation, records: Records) -> RecommendedTitle:
        if not context.may_name(pick.reason.title_ids, records):
            pick = pick._replace(reason=_unnamed(pick.reason))
        model = context.served.model
        unknown = (
            model is not None
            and pick.source is not Source.EDITORIAL
            and pick.title_id not in model.titles
        )
        return RecommendedTitle.of(
            pick,
            records[pick.title_id],
            model_version=None if unknown else context.served.version,
            fallback=TITLE_NOT_IN_MODEL if unknown else context.served.fallback,
        )

    def _row(self, context: Context, row: Row, records: Records) -> HomeRow:
        items = [self._item(context, pick, records) for pick in row.items]
        if row.row_id == CONTINUE_WATCHING:
            history = context.history
            started = [StartedTitle.started(item, history[item.title_id]) for item in items]
            return HomeRow(row_id=row.row_id, name=row.name, items=[*started])
        return HomeRow(row_id=row.row_id, name=row.name, items=[*items])

    def _tell(self, context: Context, surface: str, rows: Answered) -> None:
        served = context.served
        tell_of(
            self.journal,
            rows,
            profile_id=context.profile.profile_id,
            surface=surface,
            model_version=served.version,
            fallback=served.fallback,
        )


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
