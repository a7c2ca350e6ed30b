"""The rules no scorer can overrule, and the order of what is left."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.catalogue import Title, Viewer
from recommender.history import TitleState
from recommender.selection import largest
from recommender.sparse import Bools, Floats, Ints

NO_CEILING = 18


def playable(title: Title | None, viewer: Viewer, now: float) -> bool:
    """Whether ``viewer`` may see the title at all: in the catalogue, country, date, maturity.

    What isn't known fails closed: a title that is gone, an unclassified one under a maturity
    ceiling, a title of certain countries for a viewer whose country is not known.
    """
    if title is None:
        return False
    if title.countries and viewer.country not in title.countries:
        return False
    terms = title.terms_in(viewer.country)
    if terms.available_from is not None and now < terms.available_from:
        return False
    if terms.available_until is not None and now >= terms.available_until:
        return False
    if viewer.maturity_ceiling >= NO_CEILING:
        return True
    return terms.maturity is not None and terms.maturity <= viewer.maturity_ceiling


def suggestible(state: TitleState | None) -> bool:
    """Whether a title is news: not seen, dismissed, given up or in progress."""
    if state is None:
        return True
    if state.seen or state.dismissed_at is not None or state.abandoned_at is not None:
        return False
    return not state.in_progress


def eligible(title: Title | None, state: TitleState | None, viewer: Viewer, now: float) -> bool:
    """Whether the title may be suggested: :func:`playable` and :func:`suggestible`."""
    return playable(title, viewer, now) and suggestible(state)


@dataclass(frozen=True, kw_only=True)
class RankerConfig:
    """``diversity``: how much a title loses by being like one above it, of the best score.

    ``exploration``: the share of places that are filled from just below the list by chance,
    the first ``settled`` places never (:func:`recommender.arrangement.explore`).
    """

    diversity: float = 0.08
    exploration: float = 0.1
    settled: int = 3


def best(scores: Floats, allowed: Bools, count: int) -> Ints:
    """The ``count`` allowed titles of the highest scores, best first, ties by number."""
    if count <= 0:
        return np.zeros(0, dtype=np.int32)
    eligible = allowed.nonzero()[0]
    numbers = eligible[largest(scores.take(eligible), count)]
    order = np.lexsort((numbers, -scores[numbers]))[:count]
    return numbers[order].astype(np.int32)


def diversify(scores: Floats, likeness: Floats, count: int, strength: float) -> tuple[Ints, Floats]:
    """Pick ``count`` candidates one by one, each losing by its likeness to those picked.

    ``scores`` [candidates] descending, ``likeness`` [candidates, candidates] in [0, 1].
    Returns places and what their scores came to, which never rise.
    """
    count = min(count, len(scores))
    if count == 0:
        return np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32)
    loss = np.float32(strength * max(float(scores[0]), 0.0))
    # What every candidate would be worth beside each other one: a candidate is worth the least
    # of what it is beside those picked, so that a turn is one minimum and one look for the best.
    beside = scores - loss * likeness
    np.fill_diagonal(beside, -np.inf)
    worth = scores.astype(np.float32)
    places = np.empty(count, dtype=np.int32)
    values = np.empty(count, dtype=np.float32)
    for turn in range(count):
        place = worth.argmax()
        places[turn], values[turn] = place, worth[place]
        np.minimum(worth, beside[place], out=worth)
    return places, values
