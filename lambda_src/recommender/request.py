"""One request of one viewer: history folded in once, scored once, asked for lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from recommender.catalogue import Viewer
from recommender.editorial import Boost, boosted
from recommender.history import TitleState
from recommender.index import CatalogueIndex
from recommender.interactions import fold
from recommender.ranker import RankerConfig, best, diversify
from recommender.reasons import Explainer
from recommender.recommendation import Recommendation
from recommender.scoring import Scorers, score
from recommender.sparse import Bools, Floats, Ints

_CANDIDATES = 2  # times the asked-for length are looked at by diversity
_FEWEST_CANDIDATES = 60


class Request:
    """``allowed`` [titles] starts as what is eligible; who shows a title may take it out.

    ``seen_too``: what the viewer has seen or turned down is eligible as well.
    """

    def __init__(
        self,
        scorers: Scorers,
        index: CatalogueIndex,
        ranker: RankerConfig,
        history: Mapping[str, TitleState],
        viewer: Viewer,
        *,
        now: float,
        trending: Mapping[str, float],
        favourite_genres: Sequence[str],
        boosts: Sequence[Boost] = (),
        seen_too: bool = False,
    ) -> None:
        self._scorers = scorers
        self._index = index
        self._ranker = ranker
        self.history = fold(history, index.numbers, now)
        playable = index.playable(viewer, now)
        self.allowed: Bools = playable.copy() if seen_too else index.suggestible(history, playable)
        self.scores = score(
            scorers,
            index,
            self.history,
            self.allowed,
            trending=trending,
            favourite_genres=favourite_genres,
        )
        self.totals = boosted(self.scores.total, boosts, index, now)
        self.explainer = Explainer(
            scorers,
            index,
            history,
            self.history,
            playable,
            favourite_genres,
        )

    def picks(self, limit: int, allowed: Bools | None = None) -> list[Recommendation]:
        """The best ``limit`` titles of ``allowed`` (all that are, by default), diversified."""
        mask = self.allowed if allowed is None else allowed
        if not self._ranker.diversity:
            numbers = best(self.totals, mask, limit)
            return self._explained(numbers, self.totals[numbers])
        pool = max(limit * _CANDIDATES, _FEWEST_CANDIDATES)
        candidates = best(self.totals, mask, pool)
        places, values = diversify(
            self.totals[candidates],
            self._scorers.content.cosines(candidates),
            limit,
            self._ranker.diversity,
        )
        return self._explained(candidates[places], values)

    def _explained(self, numbers: Ints, values: Floats) -> list[Recommendation]:
        reasons = self.explainer.explain(numbers, self.scores)
        ids = self._index.ids
        return [
            Recommendation(ids[number], value, source, reason)
            for number, value, (source, reason) in zip(
                numbers.tolist(), values.tolist(), reasons, strict=True
            )
        ]
