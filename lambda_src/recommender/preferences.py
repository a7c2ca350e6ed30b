"""From what a viewer did with a title to how much they like it.

The preference p of a title is the sum of what its state says, each part decayed by its own
age, cut to [-1, 1]::

    p = clip( sum over parts of  value * decay(now - time of the part) )

    decay(age) = FLOOR + (1 - FLOOR) * 2 ** (-age / HALF_LIFE)        ages below 0 count as 0

    rating r (stars)    (r - 2.5) / 2.5 above 2.5, (r - 2.5) / 2 below      -1 to 1
    dismissed           -1
    on the list          0.4
    watched:  finished   0.6
              given up  -0.5         the later of finished and given up counts
              part of it 0.4 * share of it watched (0.2 where the length is unknown)

A rating says more than the watching it follows, so where there is one the watching is left
out. Old likings fade to FLOOR, never to nothing: a favourite film stays a fact.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.history import TitleState
from recommender.sparse import Floats

_FIELDS = (
    *("rating", "rated_at", "listed_at", "dismissed_at", "completed_at", "abandoned_at"),
    *("position_seconds", "duration_seconds", "position_at"),
)
HALF_LIFE = 365.0 * 86_400
FLOOR = 0.5
NEUTRAL_STARS = 2.5
_STEEPNESS, _MIDDLE = 5.0, 0.3
_PICKED = 1 / (1 + np.exp(_STEEPNESS * _MIDDLE))  # what the step comes to at 0


def preference(state: TitleState, now: float) -> float:
    """How much the viewer likes the title at ``now`` (Unix seconds), from -1 to 1."""
    if state.rating is not None:
        total = stars(state.rating) * decay(now, state.rated_at)
    else:
        total = _watching(state, now)
    if state.listed:
        total += 0.4 * decay(now, state.listed_at)
    if state.dismissed_at is not None:
        total -= decay(now, state.dismissed_at)
    # Asked of every title of a history with every request, so in plain steps.
    if total > 1.0:
        return 1.0
    return total if total > -1.0 else -1.0


def preferences(columns: Mapping[str, npt.NDArray[Any]], length: int, now: float) -> Floats:
    """:func:`preference` of ``length`` states at once.

    ``columns`` hold the fields of the states by name, NaN or false for what is not known; a
    field that nobody has may be left out.
    """
    nothing = np.broadcast_to(np.float64(np.nan), length)
    field = {name: columns.get(name, nothing) for name in _FIELDS}
    rated = ~np.isnan(field["rating"])
    total = np.zeros(length)
    if rated.any():
        rating = field["rating"][rated].astype(np.float64)
        liking = np.where(rating > NEUTRAL_STARS, rating - NEUTRAL_STARS, 0) / 2.5
        liking += np.where(rating > NEUTRAL_STARS, 0, rating - NEUTRAL_STARS) / 2.0
        total[rated] = liking * _decays(now, field["rated_at"][rated])
    if not rated.all():
        unrated = {name: column[~rated] for name, column in field.items()}
        total[~rated] = _watchings(unrated, now)
    if "listed" in columns:
        total += 0.4 * columns["listed"] * _decays(now, field["listed_at"])
    dismissed = field["dismissed_at"]
    total -= np.where(np.isnan(dismissed), 0, _decays(now, dismissed))
    return np.clip(total, -1, 1).astype(np.float32)


def strength(preferences: Floats) -> Floats:
    """Preferences [n] in [-1, 1] as inputs of a regression, rising to nearly 1.

    A logistic step at 0.3, some three and a quarter stars: having picked a title at all says
    something, liking it much more, and adoring it little beyond that. From two stars down it
    speaks, a little, against what is like it.
    """
    steep = np.exp(-np.float32(_STEEPNESS) * (preferences - np.float32(_MIDDLE)))
    dislikes = np.maximum(_PICKED * (1 + 4 * preferences), -_PICKED)
    inputs: Floats = np.where(preferences < 0, dislikes, 1 / (1 + steep)).astype(np.float32)
    return inputs


def stars(rating: float) -> float:
    """A rating of 0.5 to 5 stars as a preference from -1 to 1."""
    above = rating - NEUTRAL_STARS
    return above / 2.5 if above > 0 else above / 2.0


def decay(now: float, time: float | None) -> float:
    """How much of something said at ``time`` still counts at ``now``: 1 falling to FLOOR."""
    if time is None or not time < now:  # a time that is no number counts as now
        return 1.0
    faded: float = 2.0 ** ((time - now) / HALF_LIFE)
    return FLOOR + (1 - FLOOR) * faded


def _decays(now: float, times: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    ages = np.maximum(0.0, now - np.where(np.isnan(times), now, times))
    decays: npt.NDArray[np.float64] = FLOOR + (1 - FLOOR) * 2.0 ** (-ages / HALF_LIFE)
    return decays


def _watchings(field: Mapping[str, npt.NDArray[Any]], now: float) -> npt.NDArray[np.float64]:
    finished, given_up = field["completed_at"], field["abandoned_at"]
    is_finished = ~np.isnan(finished) & ~(finished < given_up)
    is_given_up = ~np.isnan(given_up) & ~is_finished
    position = np.nan_to_num(field["position_seconds"].astype(np.float64))
    known = np.nan_to_num(field["duration_seconds"].astype(np.float64))
    # A position of nothing says nothing, whatever the time it was told.
    share = np.where(known > 0, np.minimum(1.0, position / np.where(known > 0, known, 1)), 0.5)
    partly = np.where(position != 0, 0.4 * share * _decays(now, field["position_at"]), 0.0)
    watching: npt.NDArray[np.float64] = np.select(
        [is_finished, is_given_up],
        [0.6 * _decays(now, finished), -0.5 * _decays(now, given_up)],
        partly,
    )
    return watching


def _watching(state: TitleState, now: float) -> float:
    finished, given_up = state.completed_at, state.abandoned_at
    if finished is not None and (given_up is None or finished >= given_up):
        return 0.6 * decay(now, finished)
    if given_up is not None:
        return -0.5 * decay(now, given_up)
    if not state.position_seconds:
        return 0.0
    known = state.duration_seconds
    share = min(1.0, state.position_seconds / known) if known else 0.5
    return 0.4 * share * decay(now, state.position_at)
