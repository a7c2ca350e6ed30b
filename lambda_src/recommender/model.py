"""One trained model: scores, filters, ranks and explains, for any viewer's live history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from types import MappingProxyType

from recommender.catalogue import Title, Viewer
from recommender.editorial import Boost
from recommender.errors import UnknownTitleError
from recommender.history import TitleState
from recommender.home import HomePage
from recommender.index import CatalogueIndex
from recommender.papers import NO_PAPERS, Papers
from recommender.ranker import RankerConfig
from recommender.recommendation import Recommendation, Row
from recommender.request import Request
from recommender.scoring import Scorers
from recommender.search import SearchIndex
from recommender.similar import similar

_NO_SCORES: Mapping[str, float] = MappingProxyType({})
_NO_HISTORY: Mapping[str, TitleState] = MappingProxyType({})


class Model:
    """Immutable once made; share one among threads.

    ``version`` names the training run, ``titles`` maps title ids to the catalogue the model
    was trained with. ``now`` is Unix seconds everywhere. Equal arguments give equal answers;
    chance, pins and caps come after it, in :func:`recommender.arrangement.arrange`. ``papers``
    say what it was made from and how good it was.
    """

    def __init__(
        self,
        version: str,
        titles: Sequence[Title] | CatalogueIndex,
        scorers: Scorers,
        ranker: RankerConfig | None = None,
        papers: Papers = NO_PAPERS,
    ) -> None:
        self.version = version
        self.scorers = scorers
        self.ranker = ranker or RankerConfig()
        self.papers = papers
        self.index = titles if isinstance(titles, CatalogueIndex) else CatalogueIndex(titles)
        self.titles: Mapping[str, Title] = self.index.by_id

    def with_papers(self, papers: Papers) -> Model:
        """The same model, telling this of its making."""
        return Model(self.version, self.index, self.scorers, self.ranker, papers)

    def recommend(
        self,
        history: Mapping[str, TitleState],
        viewer: Viewer,
        *,
        limit: int,
        now: float,
        trending: Mapping[str, float] = _NO_SCORES,
        favourite_genres: Sequence[str] = (),
        boosts: Sequence[Boost] = (),
    ) -> list[Recommendation]:
        """Up to ``limit`` titles ``viewer`` has not seen, best first.

        As many as asked for wherever so many are eligible. ``trending`` holds scores by title
        id, on any scale; titles the model doesn't know are ignored, in ``history`` as well.
        """
        if limit <= 0:
            return []
        request = self._request(history, viewer, now, trending, favourite_genres, boosts)
        return request.picks(limit)

    def similar(
        self,
        title_id: str,
        viewer: Viewer,
        *,
        limit: int,
        now: float,
        history: Mapping[str, TitleState] = _NO_HISTORY,
    ) -> list[Recommendation]:
        """Titles like ``title_id``; :class:`UnknownTitleError` when there is no such title."""
        number = self.index.numbers.get(title_id)
        if number is None:
            raise UnknownTitleError(title_id)
        allowed = self.index.eligible(history, viewer, now)
        return similar(self.scorers, self.index, number, allowed, max(limit, 0))

    def home(
        self,
        history: Mapping[str, TitleState],
        viewer: Viewer,
        *,
        now: float,
        trending: Mapping[str, float] = _NO_SCORES,
        favourite_genres: Sequence[str] = (),
        boosts: Sequence[Boost] = (),
        row_length: int = 20,
        spare: int = 0,
    ) -> list[Row]:
        """The rows of a home page, none of them short, no title suggested twice.

        With ``spare`` the top picks go on for so many titles, which the rows below may hold
        as well: a reserve for what the catalogue took back, and for exploration.
        """
        request = self._request(history, viewer, now, trending, favourite_genres, boosts)
        page = HomePage(
            self.scorers,
            self.index,
            request,
            history,
            self.index.playable(viewer, now),
            now=now,
            row_length=row_length,
            spare=spare,
        )
        return page.rows(favourite_genres)

    def search(self, query: str, viewer: Viewer, *, limit: int, now: float) -> list[str]:
        """Ids of the titles that match every word of ``query``, best first.

        Words are looked up in names, people and genres, whatever their case and accents, and
        match as beginnings too. Titles ``viewer`` may not play are never found.
        """
        allowed = self.index.playable(viewer, now)
        found = self._search_index.find(query, allowed, self.scorers.popularity.scores)
        return [self.index.ids[number] for number in found[: max(limit, 0)]]

    def _request(
        self,
        history: Mapping[str, TitleState],
        viewer: Viewer,
        now: float,
        trending: Mapping[str, float],
        favourite_genres: Sequence[str],
        boosts: Sequence[Boost],
    ) -> Request:
        return Request(
            self.scorers,
            self.index,
            self.ranker,
            history,
            viewer,
            now=now,
            trending=trending,
            favourite_genres=favourite_genres,
            boosts=boosts,
        )

    @cached_property
    def _search_index(self) -> SearchIndex:
        return SearchIndex(self.index.titles)
