"""Baselines that need no library: chance, popularity, popularity of late, and RP3beta."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from scipy import sparse

from benchmarks.quality.peers.base import Frame, Matrix, Peer, Scores

DAY = 86_400.0


class Chance(Peer):
    """Titles by lot: the floor of the table."""

    def train(self, matrix: Matrix, times: Matrix, items: Frame) -> None:
        self.order = np.random.default_rng(0)

    def score(self, users: Sequence[Hashable], rows: Matrix) -> Scores:
        return self.order.random(rows.shape)


class Popular(Peer):
    """How often a title was rated; with ``half_life`` (days), how often of late."""

    def __init__(self, *, data: str = "all", half_life: float = np.inf) -> None:
        super().__init__(data=data)
        self.half_life = half_life

    def train(self, matrix: Matrix, times: Matrix, items: Frame) -> None:
        when = times.tocoo()
        ages = (when.data.max(initial=0.0) - when.data) / DAY
        weights = 2.0 ** (-ages / self.half_life)
        late = sparse.csr_matrix((weights, (when.row, when.col)), shape=matrix.shape)
        self.scores = np.asarray(late.multiply(matrix).sum(axis=0)).ravel()

    def score(self, users: Sequence[Hashable], rows: Matrix) -> Scores:
        return np.tile(self.scores, (len(users), 1))


class RP3Beta(Peer):
    """Three random steps on the viewer-title graph, damped by popularity.

    Paudel, Christoffel, Newell and Bernstein, 2017, "Updatable, accurate, diverse, and scalable
    recommendations for interactive applications". None of the libraries has it.
    """

    def __init__(
        self, *, data: str = "all", alpha: float = 1.0, beta: float = 0.6, neighbours: int = 200
    ) -> None:
        super().__init__(data=data)
        self.alpha, self.beta, self.neighbours = alpha, beta, neighbours

    def train(self, matrix: Matrix, times: Matrix, items: Frame) -> None:
        to_title = _walk(matrix, self.alpha)
        to_viewer = _walk(matrix.T.tocsr(), self.alpha)
        degree = np.maximum(np.asarray(matrix.sum(axis=0)).ravel(), 1.0)
        steps = (to_viewer @ to_title @ sparse.diags(degree**-self.beta)).tocsr()
        steps.setdiag(0)
        self.weights = _largest(steps, self.neighbours)

    def score(self, users: Sequence[Hashable], rows: Matrix) -> Scores:
        return np.asarray((rows @ self.weights).toarray(), np.float64)


def _walk(matrix: Matrix, alpha: float) -> Matrix:
    sums = np.maximum(np.asarray(matrix.sum(axis=1)).ravel(), 1e-12)
    walk = sparse.diags(1 / sums) @ matrix
    walk.data **= alpha
    return walk


def _largest(matrix: Matrix, count: int) -> Matrix:
    for row in range(matrix.shape[0]):
        values = matrix.data[matrix.indptr[row] : matrix.indptr[row + 1]]
        if len(values) > count:
            values[values < np.partition(values, -count)[-count]] = 0.0
    matrix.eliminate_zeros()
    return matrix
