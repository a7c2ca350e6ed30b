"""What is shown while there is no model: popular titles, titles of like genres, plain search.

The same filters hold as with a model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice

from recommender.catalogue import Title, Viewer
from recommender.history import TitleState
from recommender.popularity import popular
from recommender.ranker import eligible, playable
from recommender.recommendation import Reason, ReasonKind, Recommendation, Row, Source
from schemas.catalogue import TitleRecord
from services.ports import TitleStore, TrendingStore
from services.trending import POPULAR_WINDOW

# Reads of the table without a model are bounded: it holds tens of thousands of titles.
MOST_TITLES_READ = 20_000
MOST_POPULAR = 500
_CONTINUE = Reason(ReasonKind.CONTINUE_WATCHING, "Continue watching")


def popular_titles(
    trending: TrendingStore,
    titles: TitleStore,
    history: Mapping[str, TitleState],
    viewer: Viewer,
    *,
    limit: int,
    now: float,
) -> list[Recommendation]:
    """The popular titles that ``viewer`` may see; before a first model, any titles at all."""
    scores = trending.scores(POPULAR_WINDOW)
    if scores:
        records = titles.get_many(scores)
    else:
        records = {r.title.title_id: r for r in islice(titles.scan(), MOST_POPULAR)}
        scores = {title_id: record.popularity for title_id, record in records.items()}
    cards = {title_id: record.title for title_id, record in records.items()}
    return popular(scores, cards, history, viewer, limit=limit, now=now)


def home_rows(
    picks: Iterable[Recommendation], history: Mapping[str, TitleState], *, row_length: int
) -> list[Row]:
    """Continue watching, and ``picks`` below it."""
    started = [state for state in history.values() if state.in_progress]
    started.sort(key=lambda state: (-(state.position_at or 0.0), state.title_id))
    going_on = tuple(
        Recommendation(state.title_id, state.position_at or 0.0, Source.HISTORY, _CONTINUE)
        for state in started[:row_length]
    )
    rows = [
        Row("continue_watching", "Continue watching", going_on),
        Row("top_picks", "Popular now", tuple(picks)),
    ]
    return [row for row in rows if row.items]


def similar_by_genre(
    title: Title,
    titles: TitleStore,
    history: Mapping[str, TitleState],
    viewer: Viewer,
    *,
    limit: int,
    now: float,
) -> list[Recommendation]:
    """Titles by the share of genres in common with ``title``, then by popularity."""
    mine = set(title.genres)
    found: list[tuple[float, float, Recommendation]] = []
    for record in islice(titles.scan(), MOST_TITLES_READ):
        other = record.title
        shared = [genre for genre in other.genres if genre in mine]
        if not shared or other.title_id == title.title_id:
            continue
        if not eligible(other, history.get(other.title_id), viewer, now):
            continue
        likeness = len(shared) / len(mine.union(other.genres))
        reason = Reason(ReasonKind.GENRE, f"Also {', '.join(shared)}", (title.title_id,))
        pick = Recommendation(other.title_id, likeness, Source.CONTENT, reason)
        found.append((-likeness, -record.popularity, pick))
    found.sort(key=lambda entry: (entry[0], entry[1], entry[2].title_id))
    return [pick for _, _, pick in found[:limit]]


def search_by_words(
    query: str, titles: TitleStore, viewer: Viewer, *, limit: int, now: float
) -> list[TitleRecord]:
    """Titles whose name, genres or people hold every word of ``query``, names first."""
    words = query.casefold().split()
    found: list[tuple[int, float, TitleRecord]] = []
    for record in islice(titles.scan(), MOST_TITLES_READ):
        title = record.title
        if not playable(title, viewer, now):
            continue
        name = title.name.casefold()
        people_and_genres = " ".join((*title.genres, *title.cast, *title.directors)).casefold()
        if all(word in name or word in people_and_genres for word in words):
            in_name = sum(word in name for word in words)
            found.append((-in_name, -record.popularity, record))
    found.sort(key=lambda entry: (entry[0], entry[1], entry[2].title.title_id))
    return [record for _, _, record in found[:limit]]
