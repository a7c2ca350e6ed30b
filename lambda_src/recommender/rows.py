"""What the rows of a home page are about: titles in progress, anchors, genres."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np

from recommender.history import TitleState
from recommender.index import CatalogueIndex
from recommender.interactions import FoldedHistory
from recommender.recommendation import Reason, ReasonKind, Recommendation, Row, Source
from recommender.sparse import Bools, Ints

CONTINUE_WATCHING, TOP_PICKS = "continue_watching", "top_picks"
_FEWEST = 4  # a row of fewer titles looks broken, and they find their place elsewhere
_ALWAYS_SHOWN = frozenset({CONTINUE_WATCHING, TOP_PICKS})
_NEW_SECONDS = 60 * 86_400.0
_NEW_YEARS = 1
_WORTH_A_ROW = 0.3  # the least preference for a title that a row may be named after
_RECENT = 50  # titles among which the anchors of such rows are looked for


def is_long_enough(row_id: str, items: int) -> bool:
    """Whether a row of so many items is shown.

    What is being watched and the top picks are shown however short: a viewer with three
    titles left to see has a page of three, and not an empty one.
    """
    return items >= (1 if row_id in _ALWAYS_SHOWN else _FEWEST)


def new_titles(index: CatalogueIndex, now: float) -> Bools:
    """Titles that came into the catalogue lately; of unknown coming, of this year or the last."""
    year = datetime.fromtimestamp(now, UTC).year
    came_lately = np.isfinite(index.opens) & (index.opens > now - _NEW_SECONDS)
    mask: Bools = came_lately | (np.isinf(index.opens) & (index.years >= year - _NEW_YEARS))
    return mask


def started(history: Mapping[str, TitleState]) -> list[Recommendation]:
    """What the viewer is in the middle of and has not turned down since, the latest first."""
    going_on = [
        state
        for state in history.values()
        if state.in_progress
        and (state.dismissed_at is None or state.dismissed_at < (state.position_at or 0.0))
    ]
    going_on.sort(key=lambda state: (-(state.position_at or 0.0), state.title_id))
    return [
        Recommendation(
            state.title_id, state.position_at or 0.0, Source.HISTORY, _where_you_are(state)
        )
        for state in going_on
    ]


def continue_watching(
    index: CatalogueIndex, history: Mapping[str, TitleState], playable: Bools, length: int
) -> Row:
    """The row of what is :func:`started` and may be seen."""
    items = [
        item
        for item in started(history)
        if (number := index.numbers.get(item.title_id)) is not None and playable[number]
    ]
    return Row(CONTINUE_WATCHING, "Continue watching", tuple(items[:length]))


def anchors(
    index: CatalogueIndex,
    history: Mapping[str, TitleState],
    folded: FoldedHistory,
    playable: Bools,
    count: int,
) -> Ints:
    """Titles worth a "because you watched" row: liked, lately, and not all of one kind."""
    kept = (folded.preferences >= _WORTH_A_ROW) & playable[folded.titles]
    numbers = folded.titles[kept]
    times = np.array([history[index.ids[n]].last_event_at for n in numbers])
    latest = np.lexsort((numbers, -folded.preferences[kept], -times))[:_RECENT]
    liking = folded.preferences[kept][latest] - 0.01 * np.arange(len(latest))
    chosen: list[int] = []
    for number in numbers[latest][np.argsort(-liking, kind="stable")]:
        genres = set(index.titles[number].genres)
        if all(genres != set(index.titles[other].genres) for other in chosen):
            chosen.append(int(number))
        if len(chosen) == count:
            break
    return np.array(chosen, dtype=np.int32)


def liked_genres(
    index: CatalogueIndex, folded: FoldedHistory, favourites: Ints, count: int
) -> Ints:
    """Columns of the genres to show: favourites, then those the viewer picks beyond the usual."""
    if not len(folded):
        return favourites[:count]
    # Preference mass by genre against the genre's share of the catalogue: "drama" is half of
    # everything, and liking it says little.
    mass = folded.preferences @ index.genres[folded.titles]
    lift = mass / np.sqrt(np.maximum(index.genres.sum(axis=0), 1))
    lift[favourites] += np.float32(max(float(lift.max(initial=0)), 0.0))
    order = np.argsort(-lift, kind="stable")[:count]
    return np.array(order[lift[order] > 0], dtype=np.int32)


def _where_you_are(state: TitleState) -> Reason:
    minutes = int((state.position_seconds or 0.0) // 60)
    text = f"You are {minutes} minute{'' if minutes == 1 else 's'} in"
    if state.duration_seconds and state.duration_seconds > (state.position_seconds or 0.0):
        left = int((state.duration_seconds - (state.position_seconds or 0.0) + 59) // 60)
        text = f"{left} minute{'' if left == 1 else 's'} left"
    return Reason(ReasonKind.CONTINUE_WATCHING, text, (state.title_id,))
