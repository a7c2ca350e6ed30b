"""The catalogue as a viewer may see it: list, one title, similar titles, search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from recommender.catalogue import Title, Viewer
from recommender.errors import UnknownTitleError
from recommender.history import TitleState
from recommender.model import Model
from recommender.ranker import eligible, playable
from recommender.recommendation import Recommendation
from schemas.catalogue import TitleRecord
from schemas.errors import NotFoundError, RetryLaterError
from schemas.recommendations import RecommendedTitle, SimilarTitles
from schemas.titles import SearchResults, TitleCard, TitlePage
from services.asking import Visitor
from services.fallback import TITLE_NOT_IN_MODEL, is_named, search_by_words, similar_by_genre
from services.paging import from_token, to_token
from services.ports import Counter, ModelSource, ProfileStore, ServedModel, TitleStore, ViewingStore
from services.shelf import Shelf

SPARE_CANDIDATES = 20
# A page is answered short, with a token, sooner than it reads the whole table for a few titles.
MOST_TITLES_READ_PER_PAGE = 2_000


@dataclass(frozen=True, kw_only=True)
class TitleService:
    """Shows titles; without a profile there is no maturity ceiling, only availability."""

    profiles: ProfileStore
    viewing: ViewingStore
    titles: TitleStore
    shelf: Shelf
    models: ModelSource
    count: Counter

    def browse(self, visitor: Visitor, *, limit: int, next_token: str | None) -> TitlePage:
        """A page of the catalogue, in no order that means anything."""
        viewer = self._viewer(visitor)
        after = from_token(next_token, now=visitor.now) if next_token else None
        page: list[TitleCard] = []
        for read, record in enumerate(self.titles.scan(after=after), start=1):
            if playable(record.title, viewer, visitor.now):
                page.append(TitleCard.of(record))
            if len(page) == limit or read == MOST_TITLES_READ_PER_PAGE:
                token = to_token(record.title.title_id, now=visitor.now)
                return TitlePage(items=page, next_token=token)
        return TitlePage(items=page)

    def get(self, visitor: Visitor, title_id: str) -> TitleCard:
        """One title; :class:`NotFoundError` also for one that the viewer may not see."""
        return TitleCard.of(self._visible(visitor, self._viewer(visitor), title_id))

    def similar(self, visitor: Visitor, title_id: str, *, limit: int) -> SimilarTitles:
        """Titles like one, without those that the profile, if any, has seen."""
        viewer = self._viewer(visitor)
        title = self._visible(visitor, viewer, title_id).title
        history = self.viewing.history(visitor.profile_id) if visitor.profile_id else {}
        served = self._served(visitor)
        picks, fallback = self._similar(title, viewer, history, served, limit, visitor.now)
        records = self.titles.get_many([pick.title_id for pick in picks])
        items = [
            RecommendedTitle.of(
                pick,
                records[pick.title_id],
                model_version=None if fallback else served.version,
                fallback=fallback,
            )
            for pick in picks
            if pick.title_id in records
            and eligible(
                records[pick.title_id].title, history.get(pick.title_id), viewer, visitor.now
            )
        ]
        return SimilarTitles(
            title_id=title_id,
            model_version=served.version,
            fallback=fallback,
            items=items[:limit],
        )

    def search(self, visitor: Visitor, query: str, *, limit: int) -> SearchResults:
        """Titles that match every word of ``query``."""
        viewer = self._viewer(visitor)
        served = self._served(visitor)
        if served.model:
            records = self._found(served.model, query, viewer, limit, visitor.now)
        else:
            everything = self.shelf.everything(visitor.now)
            records = search_by_words(query, everything, viewer, limit=limit, now=visitor.now)
        shown = [record for record in records if playable(record.title, viewer, visitor.now)]
        return SearchResults(
            query=query,
            model_version=served.version,
            fallback=served.fallback,
            items=[TitleCard.of(record) for record in shown[:limit]],
        )

    def _found(
        self, model: Model, query: str, viewer: Viewer, limit: int, now: float
    ) -> list[TitleRecord]:
        """What the model's index finds, and what came into the catalogue since.

        Those come after the model's among the titles that the query names, before its others.
        """
        ids = model.search(query, viewer, limit=limit + SPARE_CANDIDATES, now=now)
        known = self.titles.get_many(ids)
        records = [known[title_id] for title_id in ids if title_id in known]
        try:
            later = self.shelf.beyond(model.version, model.titles, now)
        except RetryLaterError:  # the model's own are an answer
            self.count("SearchWithoutNewTitles")
            return records
        new = search_by_words(query, later, viewer, limit=limit, now=now)
        return sorted([*records, *new], key=lambda record: not is_named(query, record.title))

    def _similar(
        self,
        title: Title,
        viewer: Viewer,
        history: Mapping[str, TitleState],
        served: ServedModel,
        limit: int,
        now: float,
    ) -> tuple[list[Recommendation], str | None]:
        fallback = served.fallback
        if served.model:
            wanted = limit + SPARE_CANDIDATES
            try:
                return served.model.similar(
                    title.title_id, viewer, limit=wanted, now=now, history=history
                ), None
            except UnknownTitleError:  # in the catalogue since the model was trained
                fallback = TITLE_NOT_IN_MODEL
                self.count("RecommendationFallback", reason=fallback)
        records = self.shelf.everything(now)
        picks = similar_by_genre(title, records, history, viewer, limit=limit, now=now)
        return picks, fallback

    def _served(self, visitor: Visitor) -> ServedModel:
        served = self.models.current(visitor.now)
        if served.fallback:
            self.count("RecommendationFallback", reason=served.fallback)
        return served

    def _viewer(self, visitor: Visitor) -> Viewer:
        if visitor.profile_id is None:
            return Viewer(country=visitor.country)
        profile = self.profiles.get(visitor.account_id, visitor.profile_id)
        return profile.viewer(visitor.country)

    def _visible(self, visitor: Visitor, viewer: Viewer, title_id: str) -> TitleRecord:
        record = self.titles.get(title_id)
        if record is None or not playable(record.title, viewer, visitor.now):
            raise NotFoundError.of("title_id", title_id)
        return record
