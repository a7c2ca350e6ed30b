"""Popularity: the scorer for viewers we know nothing of, and the fallback without a model."""

from __future__ import annotations

from collections.abc import Mapping

from recommender.catalogue import Title, Viewer
from recommender.history import TitleState
from recommender.ranker import eligible
from recommender.recommendation import Reason, ReasonKind, Recommendation, Source

POPULAR = Reason(ReasonKind.POPULAR, "Popular with everybody")


def popular(
    scores: Mapping[str, float],
    titles: Mapping[str, Title],
    history: Mapping[str, TitleState],
    viewer: Viewer,
    *,
    limit: int,
    now: float,
) -> list[Recommendation]:
    """The ``limit`` titles of the highest ``scores`` (by title id) that ``viewer`` may see.

    Needs no model: this is what is served while there is none. A title without a card in
    ``titles`` is left out, equal scores are ordered by title id.
    """
    best = sorted(scores, key=lambda title_id: (-scores[title_id], title_id))
    picks: list[Recommendation] = []
    for title_id in best:
        if len(picks) >= limit:
            break
        if eligible(titles.get(title_id), history.get(title_id), viewer, now):
            score = float(scores[title_id])
            picks.append(Recommendation(title_id, score, Source.POPULARITY, POPULAR))
    return picks
