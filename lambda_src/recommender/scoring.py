"""From a viewer's history to one score per title, with the parts it is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from recommender.blend import SCORERS, Blend, comparable
from recommender.collaborative import CollaborativeScorer
from recommender.content import ContentScorer
from recommender.index import CatalogueIndex
from recommender.interactions import FoldedHistory
from recommender.latent import LatentScorer
from recommender.linear import LinearScorer
from recommender.popularity import PopularityScorer
from recommender.sparse import Bools, Floats

TRENDING, GENRE = "trending", "genre"
COLLABORATIVE_PARTS = ("collaborative", "linear", "latent")  # what viewers alike say
PERSONAL_PARTS = ("content", *COLLABORATIVE_PARTS)  # what a viewer's own history says
EVERYBODY_PARTS = ("popularity", "recent")  # what everybody says
_TAKEN_OVER = np.float32(0.25)


@dataclass(frozen=True, kw_only=True)
class Scorers:
    """The fitted parts of a model and how they are blended."""

    content: ContentScorer
    collaborative: CollaborativeScorer
    linear: LinearScorer
    latent: LatentScorer
    popularity: PopularityScorer
    recent: PopularityScorer
    blend: Blend

    def raw(self, history: FoldedHistory) -> dict[str, Floats]:
        """Each scorer's own scores [titles], by the names of ``SCORERS``."""
        return {
            "content": self.content(history),
            "collaborative": self.collaborative(history),
            "linear": self.linear(history),
            "latent": self.latent(history),
            "popularity": self.popularity(history),
            "recent": self.recent(history),
        }

    def comparable(self, history: FoldedHistory, allowed: Bools) -> dict[str, Floats]:
        """The scorers' scores on one scale, to be weighted; see :func:`~.blend.comparable`."""
        raw = self.raw(history)
        within = allowed.astype(np.float32)
        return {name: comparable(raw[name], within) for name in SCORERS}

    @cached_property
    def unheard(self) -> Floats:
        """How much of others' say content and tastes take over: [titles], 0 for most.

        Of a title that nobody has watched neighbours and links say nothing, which is no
        judgement: without this no new title would get past the old ones.
        """
        return np.where(self.latent.unwatched, _TAKEN_OVER, np.float32(0))


@dataclass(frozen=True)
class Scores:
    """``parts``: by scorer, its weighted share of ``total`` [titles]."""

    parts: Mapping[str, Floats]
    total: Floats


def score(
    scorers: Scorers,
    index: CatalogueIndex,
    history: FoldedHistory,
    allowed: Bools,
    *,
    trending: Mapping[str, float],
    favourite_genres: Sequence[str],
) -> Scores:
    """Blend the scorers for ``history``; what is not ``allowed`` doesn't set the scale."""
    scores = scorers.comparable(history, allowed)
    weights = scorers.blend.at(len(history)).astype(np.float32)
    parts = {name: scores[name] * weight for name, weight in zip(SCORERS, weights, strict=True)}
    heard = sum(weights[SCORERS.index(name)] for name in ("collaborative", "linear"))
    taken_over = np.float32(heard) * scorers.unheard
    parts["latent"] += taken_over * scores["latent"]
    length = len(history)
    # While tastes are vague, what is most like the little there is gets in as well; later, and
    # for what is only somewhat like it, old titles lose more than new ones gain.
    vague = np.float32(2 / (1 + length / 5))
    if taken_over.any():
        alike = np.maximum(scores["content"], 0)
        alike = np.square(np.square(np.square(alike)))  # a power of 8, which pow takes ages for
        parts["content"] += vague * taken_over * alike
    if trending:
        # Loud with no history, a fifth of it with a long one: what everybody does today is
        # news to all, and the only news there is for a viewer nobody knows.
        loudness = np.float32(0.1 + 0.4 / (1 + length / 10))
        parts[TRENDING] = comparable(_by_title(trending, index), allowed) * loudness
    columns = index.genre_columns(favourite_genres)
    if columns.size:
        # What was said at sign-up fades as deeds take over.
        loudness = np.float32(1 / (1 + length / 5))
        affinity = _affinity(index, columns) * np.sqrt(scores["popularity"])
        parts[GENRE] = comparable(affinity, allowed) * loudness
    total = np.zeros_like(parts["content"])
    for part in parts.values():
        total += part
    return Scores(parts, total)


def _by_title(scores: Mapping[str, float], index: CatalogueIndex) -> Floats:
    row = np.zeros(len(index), dtype=np.float32)
    for title_id, value in scores.items():
        number = index.numbers.get(title_id)
        if number is not None and np.isfinite(value):
            row[number] = value
    return row


def _affinity(index: CatalogueIndex, columns: np.ndarray[tuple[int], np.dtype[np.int32]]) -> Floats:
    """The share of a title's genres that are among ``columns``, softened: [titles]."""
    hits = index.genres[:, columns].sum(axis=1)
    affinity: Floats = hits / np.sqrt(np.maximum(index.genres.sum(axis=1), 1))
    return affinity
