"""The user-based collaborative scorer: what viewers with similar habits liked.

Neighbours come from a bounded pool of exemplar viewers, so that the artifact and the request
cost the same however many viewers there are. The viewer who asks is folded in from the live
history and need not have existed at training.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from recommender.exemplars import PoolConfig, choose_pool
from recommender.interactions import FoldedHistory, Interactions
from recommender.sparse import Floats, Ints, SparseRows


@dataclass(frozen=True, kw_only=True)
class CollaborativeConfig:
    """How neighbours are found and heard."""

    chosen: float = 0.3  # what having picked a title at all says, added to the preference
    damping: float = 0.25  # of widely liked titles, in likeness: shared rarities count more
    evenness: float = 0.85  # power of an exemplar's length that divides its likeness
    neighbours: int = 300
    # What a few titles say of a viewer's neighbours is vague, so everybody is heard and what
    # most like counts; with more of them the near speak louder and the widely liked count less.
    sharpness: float = 4.0  # power of the likeness, rising from 1
    popularity_damping: float = 0.2  # of widely liked titles, rising from 0
    settling: float = 20.0  # titles of history at which both have risen half way


@dataclass(frozen=True)
class CollaborativeScorer:
    """``habits`` [exemplars x titles], ``spread`` [titles]: how many viewers like each."""

    habits: SparseRows
    spread: Floats
    config: CollaborativeConfig

    @classmethod
    def fit(
        cls, interactions: Interactions, config: CollaborativeConfig, pool: PoolConfig
    ) -> CollaborativeScorer:
        """The pool of ``interactions`` as habits."""
        matrix = interactions.preferences
        pooled = matrix.take(choose_pool(interactions, pool))
        habits = SparseRows(
            habit(pooled.data, config.chosen), pooled.columns, pooled.starts, pooled.width
        )
        liked = matrix.columns[matrix.data > 0]
        spread = np.bincount(liked, minlength=matrix.width).astype(np.float32)
        return cls(habits, spread, config)

    def __call__(self, history: FoldedHistory) -> Floats:
        """Scores [titles]: the neighbours' habits, by their likeness to this viewer."""
        likeness = self.likeness(history)
        neighbours = np.flatnonzero(likeness).astype(np.int32)
        heard = self.habits.mix(neighbours, likeness[neighbours])
        damping = np.float32(self.config.popularity_damping * self._settled(history))
        return np.asarray(heard / np.maximum(self.spread, 1) ** damping, dtype=np.float32)

    def likeness(self, history: FoldedHistory) -> Floats:
        """How much each exemplar is heard: [exemplars], 0 for all but the nearest."""
        if not len(history):
            return np.zeros(self.habits.height, dtype=np.float32)
        asked = np.zeros(self.habits.width, dtype=np.float32)
        asked[history.titles] = habit(history.preferences, self.config.chosen)
        asked *= self._rarity
        likeness: Floats = np.maximum(self._weighted.dot(asked) * self._evened, 0)
        if self.config.neighbours < len(likeness):
            nearest = np.partition(likeness, -self.config.neighbours)
            likeness[likeness < nearest[-self.config.neighbours]] = 0
        power = 1 + (self.config.sharpness - 1) * self._settled(history)
        nearest_of_all = max(float(likeness.max(initial=0)), 1e-9)
        heard: Floats = (likeness / np.float32(nearest_of_all)) ** np.float32(power)
        return heard

    def _settled(self, history: FoldedHistory) -> float:
        """How far the settings have risen for a history of this length: 0 to 1."""
        return len(history) / (len(history) + self.config.settling)

    def shares(self, picks: Ints, history: FoldedHistory, likeness: Floats) -> Floats:
        """How far neighbours link each of ``picks`` to each title of ``history``.

        [picks, history]: what the neighbours who share a habit with the viewer add to a pick,
        split over the shared habits. ``likeness`` [exemplars] is that of the whole history.
        """
        neighbours = np.flatnonzero(likeness).astype(np.int32)
        everything, place = np.unique(np.concatenate([picks, history.titles]), return_inverse=True)
        block = self.habits.dense(neighbours, everything.astype(np.int32))
        mine = habit(history.preferences, self.config.chosen) * self._rarity[history.titles] ** 2
        heard = block[:, place[: len(picks)]] * likeness[neighbours, None]
        shares: Floats = heard.T @ block[:, place[len(picks) :]] * mine
        shares[picks[:, None] == history.titles[None, :]] = 0
        return shares

    def similarity(self, title: int) -> Floats:
        """How often exemplars who like ``title`` like each other title: cosines [titles]."""
        here = slice(*self._by_title.starts[title : title + 2])
        fans = self._by_title.data[here] > 0
        viewers, likes = self._by_title.columns[here][fans], self._by_title.data[here][fans]
        together = self.habits.mix(viewers, likes)
        lengths = self._by_title.norms * self._by_title.norms[title]
        # A few joint viewers are chance, so a constant keeps their cosines low.
        cosines: Floats = together / (lengths + np.float32(2))
        return cosines

    @cached_property
    def _by_title(self) -> SparseRows:
        habits = self.habits
        shape = (habits.width, habits.height)
        return SparseRows.of_triples(habits.columns, habits.row_of, habits.data, shape)

    @cached_property
    def _rarity(self) -> Floats:
        rarity: Floats = np.maximum(self.spread, 1) ** np.float32(-self.config.damping / 2)
        return rarity

    @cached_property
    def _evened(self) -> Floats:
        lengths = np.maximum(self._weighted.norms, np.float32(1e-6))
        evened: Floats = lengths ** np.float32(-self.config.evenness)
        return evened

    @cached_property
    def _weighted(self) -> SparseRows:
        return self.habits.scaled(columns=self._rarity)


def habit(preferences: Floats, chosen: float) -> Floats:
    """Preferences as habits: having picked a title counts, a dislike counts half."""
    raised = preferences + np.float32(chosen)
    return np.where(raised > 0, raised, raised / 2).astype(np.float32)
