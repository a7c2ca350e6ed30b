"""How alike titles are, in a form that a request can afford.

The likeness of two titles is the product of their feature rows. Features that many titles
share (genres, usual words) come to a few dimensions; those that few share (a director, a rare
word) to short lists of near titles. So the product is kept as both: ``factors`` [titles, rank]
of the common features, and for each title the largest products of the rare ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.parts import Parts, halved
from recommender.sparse import Floats, Ints, SparseRows

_RARE = 64  # titles that a rare feature has at most
_COMMON = 4_096  # features at most that are common: bounds the memory of fitting
_RANK = 48
_NEAR = 100  # near titles that are kept of each
_SEED = 20_263


@dataclass(frozen=True)
class Kernel:
    """``near[h, i] + factors[h] @ factors[i]`` is how like h title i is; ``near[h, h]`` is 0."""

    near: SparseRows
    factors: Floats

    @classmethod
    def fit(cls, features: SparseRows) -> Kernel:
        """The kernel of ``features`` [titles x features]."""
        spread = np.bincount(features.columns, minlength=features.width)
        widest = np.argsort(-spread, kind="stable")
        # As many as there are dimensions cost nothing, however few titles share them.
        count = min(_COMMON, max(_RANK, int((spread > _RARE).sum())))
        common = np.sort(widest[:count]).astype(np.int32)
        return cls(_near(features, common), _factors(features, common))

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Everything, for an artifact."""
        return {**halved("near", self.near), "factors": self.factors.astype(np.float16)}

    @classmethod
    def from_arrays(cls, parts: Parts) -> Kernel:
        """What :meth:`arrays` gave."""
        near = parts.rows("near", parts.titles, parts.titles).paired()
        return cls(near, parts.table("factors", parts.titles))

    def mix(self, titles: Ints, weights: Floats) -> Floats:
        """The sum of the likenesses to ``titles``, each times its weight, without their own."""
        sums = self.near.mix(titles, weights)
        sums += self.factors @ (weights @ self._rows[titles])
        sums[titles] -= weights * self._own[titles]
        return sums

    def products(self, left: Ints, right: Ints) -> Floats:
        """The likeness of each of ``left`` (each once) to each of ``right``: [left, right]."""
        products: Floats = self._rows[left] @ self._rows[right].T
        products += self.near.dense(right, left).T
        return products

    @cached_property
    def _rows(self) -> Floats:
        """The factors title after title, which is how those of a few are read fastest."""
        return np.ascontiguousarray(self.factors)

    @cached_property
    def _own(self) -> Floats:
        """The likeness of each title to itself: [titles]."""
        own: Floats = np.einsum("hr,hr->h", self._rows, self._rows)
        return own


def _near(features: SparseRows, common: Ints) -> SparseRows:
    kept = ~np.isin(features.columns, common)
    rows, columns = features.row_of[kept], features.columns[kept]
    shape = (features.height, features.width)
    rare = SparseRows.of_triples(rows, columns, features.data[kept], shape)
    by_feature = rare.transposed()
    sums = np.zeros(features.height, dtype=np.float32)
    found: list[tuple[Ints, Floats]] = []
    for title in range(features.height):
        own = slice(*rare.starts[title : title + 2].tolist())
        at = by_feature.positions(rare.columns[own])
        weights = np.repeat(rare.data[own], by_feature.lengths[rare.columns[own]])
        others = by_feature.columns[at]
        np.add.at(sums, others, by_feature.data[at] * weights)
        sums[title] = 0
        near = np.unique(others)
        # By size with ties by number, so that equal data gives equal bytes.
        near = near[np.argsort(-sums[near], kind="stable")[:_NEAR]]
        near = np.sort(near[sums[near] > 0])
        found.append((near.astype(np.int32), sums[near]))
        sums[others] = 0
    starts = np.cumsum([0, *(len(near) for near, _ in found)], dtype=np.int32)
    nears, values = (np.concatenate(part) for part in zip(*found, strict=True))
    return SparseRows(values, nears, starts, features.height)


def _factors(features: SparseRows, common: Ints) -> Floats:
    """Titles [titles, rank] in the dimensions that most of ``common`` lies in (Halko 2011)."""
    block = features.dense(np.arange(features.height, dtype=np.int32), common)
    rng = np.random.default_rng(_SEED)
    basis = rng.standard_normal((len(common), min(_RANK, *block.shape))).astype(np.float32)
    for _ in range(4):
        basis = np.linalg.qr(block.T @ (block @ basis))[0]
    factors: Floats = block @ basis
    return factors
