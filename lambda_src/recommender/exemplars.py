"""Choosing the bounded pool of viewers that stands for all of them.

The pool should cover tastes, not loudness: each step takes, of a few candidates, the one that
brings the most viewers closer to somebody of the pool (stochastic greedy facility location),
closeness being the cosine of low-dimensional sketches of their preferences.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from recommender.interactions import Interactions
from recommender.sparse import Floats, Ints

_CHOICE = 2  # times the pool's size are looked at, as a sample
_COMPARED, _FEWEST_COVERED = 100_000_000, 2_000  # bounds of the pairs of places and viewers


@dataclass(frozen=True, kw_only=True)
class PoolConfig:
    """``size``: viewers in the pool at most, with at most ``habits`` titles in all, which bounds
    the artifact; ``fewest``: titles a viewer must have to be of use."""

    size: int = 50_000
    habits: int = 4_000_000
    fewest: int = 5
    candidates: int = 24  # tried for each place of the pool
    reference: int = 8_000  # viewers that are to be covered, a sample of all
    dimensions: int = 64
    seed: int = 20_261


def choose_pool(interactions: Interactions, config: PoolConfig) -> Ints:
    """The rows of the viewers in the pool, ascending; all of use where they are few enough."""
    lengths = interactions.preferences.lengths
    useful = np.flatnonzero(lengths >= config.fewest)
    if not useful.size:
        useful = np.flatnonzero(lengths > 0)
    affordable = int(config.habits / max(1.0, float(lengths[useful].mean()))) if useful.size else 0
    config = replace(config, size=max(1, min(config.size, affordable)))
    if useful.size <= config.size:
        return useful.astype(np.int32)
    rng = np.random.default_rng(config.seed)
    looked_at = max(config.reference, _CHOICE * config.size)
    if useful.size > looked_at:
        useful = rng.choice(useful, looked_at, replace=False)
    sketches = _sketches(interactions, useful.astype(np.int32), config.dimensions, rng)
    return np.sort(useful[_cover(sketches, config, rng)]).astype(np.int32)


def _sketches(
    interactions: Interactions, viewers: Ints, dimensions: int, rng: np.random.Generator
) -> Floats:
    """Unit vectors [viewers, dimensions] whose dot products are near the rows' cosines."""
    matrix = interactions.preferences
    seen = np.bincount(matrix.columns, minlength=matrix.width)
    # What everybody has watched tells no tastes apart.
    rarity = np.log1p(matrix.height / np.maximum(seen, 1)).astype(np.float32)
    weighted = matrix.take(viewers).scaled(columns=rarity)
    projection = rng.standard_normal((matrix.width, dimensions)).astype(np.float32)
    sketches = np.stack([weighted.dot(column) for column in projection.T], axis=1)
    lengths = np.linalg.norm(sketches, axis=1, keepdims=True)
    unit: Floats = (sketches / np.maximum(lengths, 1e-9)).astype(np.float32)
    return unit


def _cover(sketches: Floats, config: PoolConfig, rng: np.random.Generator) -> Ints:
    # The larger the pool, the fewer viewers it takes to tell what it leaves uncovered.
    most = min(config.reference, max(_FEWEST_COVERED, _COMPARED // config.size))
    covers = sketches
    if len(sketches) > most:
        covers = sketches[rng.choice(len(sketches), most, replace=False)]
    covered = np.zeros(len(covers), dtype=np.float32)
    free = np.ones(len(sketches), dtype=bool)
    chosen = np.empty(config.size, dtype=np.int32)
    for place in range(config.size):
        open_to = np.flatnonzero(free)
        tried = rng.choice(open_to, min(config.candidates, len(open_to)), replace=False)
        closeness = covers @ sketches[tried].T
        gains = np.maximum(closeness - covered[:, None], 0).sum(axis=0)
        best = int(np.argmax(gains))
        chosen[place] = tried[best]
        free[tried[best]] = False
        covered = np.maximum(covered, closeness[:, best])
    return chosen
