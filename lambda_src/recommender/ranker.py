"""The rules no scorer can overrule: what a viewer may be shown."""

from __future__ import annotations

from recommender.catalogue import Title, Viewer
from recommender.history import TitleState

NO_CEILING = 18


def playable(title: Title | None, viewer: Viewer, now: float) -> bool:
    """Whether ``viewer`` may see the title at all: in the catalogue, country, date, maturity.

    What isn't known fails closed: a title that is gone, an unclassified one under a maturity
    ceiling, a title of certain countries for a viewer whose country is not known.
    """
    if title is None:
        return False
    if title.available_from is not None and now < title.available_from:
        return False
    if title.available_until is not None and now >= title.available_until:
        return False
    if title.countries and viewer.country not in title.countries:
        return False
    if viewer.maturity_ceiling >= NO_CEILING:
        return True
    return title.maturity is not None and title.maturity <= viewer.maturity_ceiling


def suggestible(state: TitleState | None) -> bool:
    """Whether a title is news: not seen, dismissed, given up or in progress."""
    if state is None:
        return True
    turned_down = state.dismissed_at is not None or state.abandoned_at is not None
    return not (state.seen or turned_down or state.in_progress)


def eligible(title: Title | None, state: TitleState | None, viewer: Viewer, now: float) -> bool:
    """Whether the title may be suggested: :func:`playable` and :func:`suggestible`."""
    return playable(title, viewer, now) and suggestible(state)
