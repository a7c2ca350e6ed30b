"""A home page: rows for one viewer, no title in two of them but what is being watched."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from recommender.history import TitleState
from recommender.index import CatalogueIndex
from recommender.ranker import best
from recommender.recommendation import Reason, ReasonKind, Recommendation, Row, Source
from recommender.request import Request
from recommender.rows import (
    CONTINUE_WATCHING,
    TOP_PICKS,
    anchors,
    continue_watching,
    is_long_enough,
    liked_genres,
    new_titles,
)
from recommender.scoring import COLLABORATIVE_PARTS, TRENDING, Scorers, Scores
from recommender.similar import likeness
from recommender.sparse import Bools, Ints

_ANCHORS = 3
_ANCHORS_TRIED = 8  # the title of a row has to have enough like it
_GENRES = 3


class HomePage:
    """Makes the rows in the order of the page, each from what the rows above left."""

    def __init__(
        self,
        scorers: Scorers,
        index: CatalogueIndex,
        request: Request,
        history: Mapping[str, TitleState],
        playable: Bools,
        *,
        now: float,
        row_length: int,
        spare: int,
    ) -> None:
        """``spare``: so many titles follow those of the top picks' row, free for others too."""
        self._scorers = scorers
        self._index = index
        self._request = request
        self._history = history
        self._playable = playable
        self._now = now
        self._length = row_length
        self._spare = spare

    def rows(self, favourite_genres: Sequence[str]) -> list[Row]:
        """The rows that have enough to show."""
        if self._length <= 0:
            return []
        started = continue_watching(self._index, self._history, self._playable, self._length)
        rows = (
            self._top_picks(),
            *self._because_rows(),
            self._kept("viewers_like_you", "Viewers like you enjoyed", self._viewers_like_you()),
            self._kept("trending", "Trending now", self._trending()),
            self._kept("new_for_you", "New for you", self._new()),
            *self._genre_rows(favourite_genres),
        )
        return [row for row in (started, *rows) if row.items]

    def _top_picks(self) -> Row:
        picks = self._request.picks(self._length + self._spare)
        self._take(picks[: self._length])
        return Row(TOP_PICKS, "Top picks for you", tuple(picks))

    def _because_rows(self) -> Iterator[Row]:
        folded, shown = self._request.history, 0
        for anchor in anchors(self._index, self._history, folded, self._playable, _ANCHORS_TRIED):
            title = self._index.titles[anchor]
            name = f"Because you {_deed(self._history[title.title_id])} {title.name}"
            row_id = f"because_you_watched:{title.title_id}"
            row = self._kept(row_id, name, self._like(int(anchor)))
            if row.items:
                shown += 1
                yield row
            if shown == _ANCHORS:
                return

    def _like(self, anchor: int) -> list[Recommendation]:
        allowed = self._request.allowed.copy()
        allowed[anchor] = False
        content, together = likeness(self._scorers, anchor, allowed)
        total = content + together
        numbers = best(total, allowed & (content > 0), self._length)
        explainer = self._request.explainer
        row = []
        for n in numbers.tolist():
            by_viewers = bool(together[n] > content[n])
            reason = (explainer.enjoyed_too if by_viewers else explainer.because_of)(anchor, n)
            source = Source.COLLABORATIVE if by_viewers else Source.CONTENT
            row.append(self._item(n, float(total[n]), source, reason))
        return row

    def _viewers_like_you(self) -> list[Recommendation]:
        """By what neighbours say alone; the reasons as well are about that part of the score."""
        parts = self._request.scores.parts
        heard = [parts[name] for name in COLLABORATIVE_PARTS if name in parts]
        if not heard:
            return []
        total = np.stack(heard).sum(axis=0)
        nothing = np.zeros_like(total)
        alone = Scores(
            {n: part if n in COLLABORATIVE_PARTS else nothing for n, part in parts.items()}, total
        )
        numbers = best(total, self._request.allowed & (total > 0), self._length)
        explained = self._request.explainer.explain(numbers, alone, by_people=False)
        return [
            self._item(n, float(total[n]), source, reason)
            for n, (source, reason) in zip(numbers.tolist(), explained, strict=True)
            if source is Source.COLLABORATIVE
        ]

    def _trending(self) -> list[Recommendation]:
        news = self._request.scores.parts.get(TRENDING)
        if news is None:
            return []
        numbers = best(news, self._request.allowed & (news > 0), self._length)
        reason = Reason(ReasonKind.TRENDING, "Trending now")
        return [self._item(n, float(news[n]), Source.TRENDING, reason) for n in numbers.tolist()]

    def _new(self) -> list[Recommendation]:
        fresh = new_titles(self._index, self._now)
        return self._request.picks(self._length, self._request.allowed & fresh)

    def _genre_rows(self, favourite_genres: Sequence[str]) -> Iterator[Row]:
        favourites = self._index.genre_columns(favourite_genres)
        for column in liked_genres(self._index, self._request.history, favourites, _GENRES):
            allowed = self._request.allowed & (self._index.genres[:, column] > 0)
            name = self._index.genre_names[column]
            yield self._kept(f"genre:{name}", name, self._request.picks(self._length, allowed))

    def _item(self, number: int, score: float, source: Source, reason: Reason) -> Recommendation:
        return Recommendation(self._index.ids[number], score, source, reason)

    def _kept(self, row_id: str, name: str, items: Sequence[Recommendation]) -> Row:
        """The row, empty where it would be short; only what is shown is taken from the rest."""
        if not is_long_enough(row_id, len(items)):
            return Row(row_id, name, ())
        self._take(items)
        return Row(row_id, name, tuple(items))

    def _take(self, items: Sequence[Recommendation]) -> None:
        numbers: Ints = np.array([self._index.numbers[i.title_id] for i in items], dtype=np.int32)
        self._request.allowed[numbers] = False


def finished(
    rows: Sequence[Row],
    showable: Callable[[Row, Recommendation], bool],
    *,
    row_length: int,
) -> list[Row]:
    """``rows`` with the items that are ``showable`` still, none twice, none of them short.

    What is being watched is in no other row by its nature, and is left alone.
    """
    page: list[Row] = []
    shown: set[str] = set()
    for row in rows:
        items = [i for i in row.items if i.title_id not in shown and showable(row, i)]
        items = items[:row_length]
        if not is_long_enough(row.row_id, len(items)):
            continue
        if row.row_id != CONTINUE_WATCHING:
            shown.update(item.title_id for item in items)
        page.append(Row(row.row_id, row.name, tuple(items)))
    return page


def _deed(state: TitleState) -> str:
    if state.rating is not None:
        return "liked"
    return "listed" if state.completed_at is None and state.position_at is None else "watched"
