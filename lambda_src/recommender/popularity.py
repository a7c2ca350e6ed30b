"""Popularity: the scorer for viewers we know nothing of, and the fallback without a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.catalogue import Title, Viewer
from recommender.history import TitleState
from recommender.interactions import FoldedHistory, Interactions
from recommender.parts import Parts
from recommender.ranker import eligible
from recommender.recommendation import Reason, ReasonKind, Recommendation, Source
from recommender.sparse import Floats

DAY = 86_400.0
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


@dataclass(frozen=True, kw_only=True)
class PopularityConfig:
    """``half_life_days``: after how long a liking counts half."""

    half_life_days: float = 365.0


@dataclass(frozen=True)
class PopularityScorer:
    """``scores`` [titles]: the decayed sum of everybody's likings, the highest being 1."""

    scores: Floats

    @classmethod
    def fit(
        cls, interactions: Interactions, config: PopularityConfig, now: float
    ) -> PopularityScorer:
        """Likings of ``interactions``, each halved every half-life before ``now``."""
        matrix = interactions.preferences
        ages = np.maximum(now - interactions.times, 0) / (config.half_life_days * DAY)
        # The youngest age is taken out: no underflow to nothing in a data set of long ago.
        decayed = 2.0 ** -(ages - ages.min(initial=np.inf))
        weights = np.maximum(matrix.data, 0) * decayed
        sums = np.bincount(matrix.columns, weights=weights, minlength=matrix.width)
        return cls((sums / max(float(sums.max(initial=0)), 1e-9)).astype(np.float32))

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Everything, for an artifact."""
        return {"scores": self.scores}

    @classmethod
    def from_arrays(cls, parts: Parts) -> PopularityScorer:
        """What :meth:`arrays` gave."""
        return cls(parts.row("scores", parts.titles))

    def __call__(self, history: FoldedHistory) -> Floats:
        """The same scores [titles] for every history."""
        return self.scores
