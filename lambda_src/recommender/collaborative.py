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

from recommender.interactions import FoldedHistory, Interactions
from recommender.parts import Parts, quantised
from recommender.selection import largest
from recommender.sparse import Bools, Floats, Ints, SparseRows


@dataclass(frozen=True, kw_only=True)
class CollaborativeConfig:
    """How neighbours are found and heard."""

    chosen: float = 0.3  # what having picked a title at all says, added to the preference
    damping: float = 0.25  # of widely liked titles, in likeness: shared rarities count more
    evenness: float = 0.85  # power of an exemplar's length that divides its likeness
    neighbours: int = 200
    postings: int = 20_000  # pairs of a title and an exemplar that are looked at: bounds the time
    # What a few titles say of a viewer's neighbours is vague, so all of them are heard alike;
    # with more titles the nearest speak louder and the widely liked count less.
    sharpness: float = 4.0  # power of the likeness, rising from 1
    popularity_damping: float = 0.2  # of widely liked titles, rising from 0
    settling: float = 20.0  # titles of history at which both have risen half way


@dataclass(frozen=True)
class Neighbours:
    """``habits`` [neighbours x titles] and how much each is heard, ``likeness`` [neighbours];
    ``heard_of`` [history] are the titles by which they were found."""

    habits: SparseRows
    likeness: Floats
    heard_of: Bools


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
        cls, interactions: Interactions, config: CollaborativeConfig, pool: Ints
    ) -> CollaborativeScorer:
        """The viewers ``pool`` of ``interactions`` as habits (:mod:`recommender.exemplars`)."""
        matrix = interactions.preferences
        pooled = matrix.take(pool)
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
            parts.rows("habits", exemplars, parts.titles).paired(),
            parts.rows("by_title", parts.titles, exemplars).paired(),
            parts.row("evened", exemplars),
            parts.row("spread", parts.titles),
            CollaborativeConfig(**parts.settings),
        )

    def __call__(self, history: FoldedHistory) -> Floats:
        """Scores [titles]: the neighbours' habits, by their likeness to this viewer."""
        near = self.neighbours(history)
        heard = near.habits.total(near.likeness)
        damping = np.float32(self.config.popularity_damping * self._settled(history))
        damped: Floats = heard * np.exp(-damping * self._log_spread)  # a power takes far longer
        return damped

    def neighbours(self, history: FoldedHistory) -> Neighbours:
        """The exemplars most like this viewer, of those equally like the first by number."""
        return history.once(self, self._neighbours)

    def _neighbours(self, history: FoldedHistory) -> Neighbours:
        heard_of = self._heard_of(history.titles)
        titles = history.titles[heard_of]
        asked = habit(history.preferences[heard_of], self.config.chosen)
        asked *= self._rarity[titles] ** 2
        likeness = self.by_title.mix(titles, asked)
        likeness *= self.evened
        nearest = largest(likeness, self.config.neighbours)
        order = np.lexsort((nearest, -likeness[nearest]))[: self.config.neighbours]
        nearest = np.sort(nearest[order])
        nearest = nearest[likeness[nearest] > 0]
        near = likeness[nearest]
        power = 1 + (self.config.sharpness - 1) * self._settled(history)
        loudness = (near / max(float(near.max(initial=0)), 1e-9)) ** np.float32(power)
        return Neighbours(self.habits.take(nearest.astype(np.int32)), loudness, heard_of)

    def _heard_of(self, titles: Ints) -> Bools:
        """Which of ``titles`` likeness is worked out from: all where that is affordable.

        What many have watched takes longest and tells least of whom one is like, so it is left
        out first.
        """
        lengths = self.by_title.lengths[titles]
        rarest = np.argsort(lengths, kind="stable")
        within = np.empty(len(titles), dtype=bool)
        within[rarest] = np.cumsum(lengths[rarest]) <= self.config.postings
        within[rarest[:1]] = True
        return within

    def _settled(self, history: FoldedHistory) -> float:
        """How far the settings have risen for a history of this length: 0 to 1."""
        return len(history) / (len(history) + self.config.settling)

    def shares(self, picks: Ints, history: FoldedHistory) -> Floats:
        """How far neighbours link each of ``picks`` to each title of ``history``.

        [picks, history]: what the neighbours who share a habit with the viewer add to a pick,
        split over the habits by which they were found.
        """
        near = self.neighbours(history)
        everything, place = np.unique(np.concatenate([picks, history.titles]), return_inverse=True)
        everybody = np.arange(near.habits.height, dtype=np.int32)
        block = near.habits.dense(everybody, everything.astype(np.int32))
        mine = habit(history.preferences, self.config.chosen) * self._rarity[history.titles] ** 2
        mine *= near.heard_of
        heard = block[:, place[: len(picks)]] * near.likeness[:, None]
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

    @cached_property
    def _log_spread(self) -> Floats:
        return np.log(np.maximum(self.spread, 1))


def _rarity(spread: Floats, config: CollaborativeConfig) -> Floats:
    """How much a title counts in likeness, both in the asked and in the answering: [titles]."""
    rarity: Floats = np.maximum(spread, 1) ** np.float32(-config.damping / 2)
    return rarity


def habit(preferences: Floats, chosen: float) -> Floats:
    """Preferences as habits: having picked a title counts, a dislike counts half."""
    raised = preferences + np.float32(chosen)
    return np.where(raised > 0, raised, raised / 2).astype(np.float32)
