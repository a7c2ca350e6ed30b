"""The user-based collaborative scorer: what viewers with similar habits liked.

Neighbours come from a bounded pool of exemplar viewers, so that the artifact and the request
cost the same however many viewers there are. The viewer who asks is folded in from the live
history and need not have existed at training.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.exemplars import PoolConfig, choose_pool
from recommender.interactions import FoldedHistory, Interactions
from recommender.parts import Parts, quantised
from recommender.sparse import Floats, Ints, SparseRows

_SAMPLED = 16  # one exemplar of so many tells where the nearest begin


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
    """``habits`` [exemplars x titles], ``spread`` [titles]: how many viewers like each.

    ``by_title`` is ``habits`` transposed: who has a title is looked up, not searched for.
    ``evened`` [exemplars] is what an exemplar's likeness is multiplied by for its length.
    """

    habits: SparseRows
    by_title: SparseRows
    evened: Floats
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
        return cls.of(habits, spread, config)

    @classmethod
    def of(
        cls, habits: SparseRows, spread: Floats, config: CollaborativeConfig
    ) -> CollaborativeScorer:
        """The scorer of these ``habits``, with what follows from them."""
        lengths = habits.scaled(columns=_rarity(spread, config)).norms
        evened = np.maximum(lengths, np.float32(1e-6)) ** np.float32(-config.evenness)
        return cls(habits, habits.transposed(), evened.astype(np.float32), spread, config)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Everything, for an artifact."""
        return {
            **quantised("habits", self.habits),
            **quantised("by_title", self.by_title),
            "evened": self.evened,
            "spread": self.spread,
        }

    @classmethod
    def from_arrays(cls, parts: Parts) -> CollaborativeScorer:
        """What :meth:`arrays` gave."""
        exemplars = len(parts.array("evened"))
        return cls(
            parts.rows("habits", exemplars, parts.titles),
            parts.rows("by_title", parts.titles, exemplars),
            parts.row("evened", exemplars),
            parts.row("spread", parts.titles),
            CollaborativeConfig(**parts.settings),
        )

    def __call__(self, history: FoldedHistory) -> Floats:
        """Scores [titles]: the neighbours' habits, by their likeness to this viewer."""
        likeness = self.likeness(history)
        neighbours = np.flatnonzero(likeness).astype(np.int32)
        heard = self.habits.mix(neighbours, likeness[neighbours])
        damping = np.float32(self.config.popularity_damping * self._settled(history))
        return np.asarray(heard / np.maximum(self.spread, 1) ** damping, dtype=np.float32)

    def likeness(self, history: FoldedHistory) -> Floats:
        """How much each exemplar is heard: [exemplars], 0 for all but the nearest."""
        key = ("likeness", id(self))
        if key not in history.memo:
            history.memo[key] = self._likeness(history)
        return history.memo[key]

    def _likeness(self, history: FoldedHistory) -> Floats:
        if not len(history):
            return np.zeros(self.habits.height, dtype=np.float32)
        asked = habit(history.preferences, self.config.chosen)
        asked *= self._rarity[history.titles] ** 2
        likeness: Floats = np.maximum(self.by_title.mix(history.titles, asked) * self.evened, 0)
        nearest = _nearest(likeness, self.config.neighbours)
        near = likeness[nearest]
        power = 1 + (self.config.sharpness - 1) * self._settled(history)
        heard = np.zeros(len(likeness), dtype=np.float32)
        heard[nearest] = (near / max(float(near.max(initial=0)), 1e-9)) ** np.float32(power)
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
        here = slice(*self.by_title.starts[title : title + 2])
        fans = self.by_title.data[here] > 0
        viewers, likes = self.by_title.columns[here][fans], self.by_title.data[here][fans]
        together = self.habits.mix(viewers, likes)
        lengths = self.by_title.norms * self.by_title.norms[title]
        # A few joint viewers are chance, so a constant keeps their cosines low.
        cosines: Floats = together / (lengths + np.float32(2))
        return cosines

    @cached_property
    def _rarity(self) -> Floats:
        return _rarity(self.spread, self.config)


def _rarity(spread: Floats, config: CollaborativeConfig) -> Floats:
    """How much a title counts in likeness, both in the asked and in the answering: [titles]."""
    rarity: Floats = np.maximum(spread, 1) ** np.float32(-config.damping / 2)
    return rarity


def _nearest(likeness: Floats, count: int) -> npt.NDArray[np.int64]:
    """Where the ``count`` largest of ``likeness`` are, all that tie with the last included."""
    if count >= len(likeness):
        return np.flatnonzero(likeness)
    # A bound from a sample leaves a few hundred to sort out where there are tens of thousands.
    sample = likeness[::_SAMPLED]
    expected = 2 * count // _SAMPLED + _SAMPLED
    places = np.arange(len(likeness))
    if expected < len(sample):
        bound = np.partition(sample, -expected)[-expected]
        above = np.flatnonzero(likeness >= bound)
        if count <= len(above):
            places = above
    last = np.partition(likeness[places], -count)[-count]
    nearest: npt.NDArray[np.int64] = places[likeness[places] >= max(last, np.float32(1e-30))]
    return nearest


def habit(preferences: Floats, chosen: float) -> Floats:
    """Preferences as habits: having picked a title counts, a dislike counts half."""
    raised = preferences + np.float32(chosen)
    return np.where(raised > 0, raised, raised / 2).astype(np.float32)
