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

from recommender.history import TitleState

HALF_LIFE = 365.0 * 86_400
FLOOR = 0.5
NEUTRAL_STARS = 2.5


def preference(state: TitleState, now: float) -> float:
    """How much the viewer likes the title at ``now`` (Unix seconds), from -1 to 1."""
    total = 0.0
    if state.rating is not None:
        total += stars(state.rating) * decay(now, state.rated_at)
    else:
        total += _watching(state, now)
    if state.listed:
        total += 0.4 * decay(now, state.listed_at)
    if state.dismissed_at is not None:
        total -= decay(now, state.dismissed_at)
    return max(-1.0, min(1.0, total))


def stars(rating: float) -> float:
    """A rating of 0.5 to 5 stars as a preference from -1 to 1."""
    above = rating - NEUTRAL_STARS
    return above / 2.5 if above > 0 else above / 2.0


def decay(now: float, time: float | None) -> float:
    """How much of something said at ``time`` still counts at ``now``: 1 falling to FLOOR."""
    age = max(0.0, now - (time if time is not None else now))
    return float(FLOOR + (1 - FLOOR) * 2.0 ** (-age / HALF_LIFE))


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
