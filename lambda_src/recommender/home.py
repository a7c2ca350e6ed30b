"""A home page: rows for one viewer, no title in two of them but what is being watched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from recommender.history import TitleState
from recommender.index import CatalogueIndex
from recommender.ranker import best
from recommender.recommendation import Reason, ReasonKind, Recommendation, Row, Source
from recommender.request import Request
from recommender.rows import anchors, continue_watching, liked_genres
from recommender.scoring import TRENDING, Scorers
from recommender.similar import likeness
from recommender.sparse import Bools

_ANCHORS = 2
_GENRES = 3
_FEWEST = 4  # a row of fewer titles looks broken, and they find their place elsewhere


class HomePage:
    """Makes the rows in the order of the page, each from what the rows above left."""

    def __init__(
        self,
        scorers: Scorers,
        index: CatalogueIndex,
        request: Request,
        history: Mapping[str, TitleState],
        playable: Bools,
        row_length: int,
    ) -> None:
        self._scorers = scorers
        self._index = index
        self._request = request
        self._history = history
        self._playable = playable
        self._length = row_length

    def rows(self, favourite_genres: Sequence[str]) -> list[Row]:
        """All rows that have something to show."""
        top_picks = self._request.picks(self._length)
        rows = [
            continue_watching(self._index, self._history, self._playable, self._length),
            self._taken(Row("top_picks", "Top picks for you", tuple(top_picks))),
            *self._because_rows(),
            self._trending(),
            *self._genre_rows(favourite_genres),
        ]
        return [row for row in rows if row.items]

    def _because_rows(self) -> Iterator[Row]:
        folded = self._request.history
        for anchor in anchors(self._index, self._history, folded, self._playable, _ANCHORS):
            allowed = self._request.allowed
            content, together = likeness(self._scorers, int(anchor), allowed)
            total = content + together
            numbers = best(total, allowed & (content > 0), self._length)
            items = tuple(
                Recommendation(
                    self._index.titles[number].title_id,
                    float(total[number]),
                    Source.CONTENT,
                    self._request.explainer.because_of(int(anchor), int(number)),
                )
                for number in numbers
            )
            title = self._index.titles[anchor]
            name = f"Because you {_deed(self._history[title.title_id])} {title.name}"
            yield self._taken(Row(f"because_you_watched:{title.title_id}", name, items))

    def _trending(self) -> Row:
        news = self._request.scores.parts.get(TRENDING)
        if news is None:
            return Row("trending", "Trending now", ())
        numbers = best(news, self._request.allowed & (news > 0), self._length)
        reason = Reason(ReasonKind.TRENDING, "Trending now")
        items = tuple(
            Recommendation(
                self._index.titles[number].title_id, float(news[number]), Source.TRENDING, reason
            )
            for number in numbers
        )
        return self._taken(Row("trending", "Trending now", items))

    def _genre_rows(self, favourite_genres: Sequence[str]) -> Iterator[Row]:
        favourites = self._index.genre_columns(favourite_genres)
        for column in liked_genres(self._index, self._request.history, favourites, _GENRES):
            allowed = self._request.allowed & (self._index.genres[:, column] > 0)
            name = self._index.genre_names[column]
            items = tuple(self._request.picks(self._length, allowed))
            if len(items) >= _FEWEST:
                yield self._taken(Row(f"genre:{name}", name, items))

    def _taken(self, row: Row) -> Row:
        numbers = [self._index.numbers[item.title_id] for item in row.items]
        self._request.allowed[np.array(numbers, dtype=np.int32)] = False
        return row


def _deed(state: TitleState) -> str:
    if state.rating is not None:
        return "liked"
    return "listed" if state.completed_at is None and state.position_at is None else "watched"
