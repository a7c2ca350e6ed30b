"""What is shown while there is no model: popular titles, titles of like genres, plain search.

The same filters hold as with a model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from recommender.catalogue import Title, Viewer
from recommender.editorial import Boost, boost_factor
from recommender.history import TitleState
from recommender.links import genre_phrase
from recommender.popularity import popular
from recommender.ranker import eligible, playable
from recommender.recommendation import Reason, ReasonKind, Recommendation, Row, Source
from recommender.rows import CONTINUE_WATCHING, TOP_PICKS, started
from schemas.catalogue import TitleRecord
from services.ports import TitleStore, TrendingStore
from services.shelf import Shelf
from services.trending import POPULAR_WINDOW

# The API's ``fallback`` of what came into the catalogue since the model was trained.
TITLE_NOT_IN_MODEL = "title_not_in_model"


def popular_titles(
    trending: TrendingStore,
    titles: TitleStore,
    shelf: Shelf,
    history: Mapping[str, TitleState],
    viewer: Viewer,
    *,
    limit: int,
    now: float,
    boosts: Sequence[Boost] = (),
) -> list[Recommendation]:
    """The popular titles that ``viewer`` may see, after them any others that are left.

    The popular window holds the top of the whole catalogue, of which a low ceiling leaves few.
    """
    scores = trending.scores(POPULAR_WINDOW)
    cards = {title_id: record.title for title_id, record in titles.get_many(scores).items()}
    lifted = {
        title_id: score * boost_factor(cards[title_id], boosts, now)
        for title_id, score in scores.items()
        if title_id in cards
    }
    picks = popular(lifted, cards, history, viewer, limit=limit, now=now)
    if len(picks) < limit:
        known = {pick.title_id for pick in picks}
        lowest = picks[-1].score if picks else 1.0
        picks += others(
            shelf, known, history, viewer, limit=limit - len(picks), now=now, below=lowest
        )
    return picks


def others(
    shelf: Shelf,
    known: set[str],
    history: Mapping[str, TitleState],
    viewer: Viewer,
    *,
    limit: int,
    now: float,
    below: float,
) -> list[Recommendation]:
    """Titles of the catalogue that are not ``known``, the popular first, scored under ``below``.

    ``below`` is the lowest score of the list that they end.
    """
    records = {
        record.title.title_id: record
        for record in shelf.everything(now)
        if record.title.title_id not in known
    }
    cards = {title_id: record.title for title_id, record in records.items()}
    scores = {title_id: record.popularity for title_id, record in records.items()}
    picks = popular(scores, cards, history, viewer, limit=limit, now=now)
    # Shares of the lowest score: two scales of popularity become one order.
    most = max((pick.score for pick in picks), default=0.0) or 1.0
    share = below / most if below > 0 else 0.0
    return [
        pick._replace(
            score=min(below, pick.score * share),
            reason=pick.reason if pick.score > 0 else _news(cards[pick.title_id]),
        )
        for pick in picks
    ]


def _news(title: Title) -> Reason:
    # Of what nobody has watched yet there is nothing to say but what it is.
    return Reason(ReasonKind.GENRE, f"New to you: {genre_phrase(title.genres)}")


def home_rows(picks: Iterable[Recommendation], history: Mapping[str, TitleState]) -> list[Row]:
    """Continue watching, and ``picks`` below it."""
    rows = [
        Row(CONTINUE_WATCHING, "Continue watching", tuple(started(history))),
        Row(TOP_PICKS, "Popular now", tuple(picks)),
    ]
    return [row for row in rows if row.items]


def similar_by_genre(
    title: Title,
    records: Iterable[TitleRecord],
    history: Mapping[str, TitleState],
    viewer: Viewer,
    *,
    limit: int,
    now: float,
) -> list[Recommendation]:
    """Those of ``records`` like ``title``: by the share of genres in common, then popularity."""
    mine = set(title.genres)
    found: list[tuple[float, float, Recommendation]] = []
    for record in records:
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
    query: str, records: Iterable[TitleRecord], viewer: Viewer, *, limit: int, now: float
) -> list[TitleRecord]:
    """Those of ``records`` whose name, genres or people hold every word, names first."""
    words = query.casefold().split()
    found: list[tuple[int, float, TitleRecord]] = []
    for record in records:
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


def is_named(query: str, title: Title) -> bool:
    """Whether the title's own name holds every word of ``query``."""
    name = title.name.casefold()
    return all(word in name for word in query.casefold().split())
