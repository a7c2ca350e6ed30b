"""The models of ``implicit``: ALS, BPR and the item neighbours."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from implicit.cpu.bpr import BayesianPersonalizedRanking
from implicit.nearest_neighbours import BM25Recommender, CosineRecommender, TFIDFRecommender
from threadpoolctl import threadpool_limits

from benchmarks.quality.peers.base import ALL, Frame, Matrix, Peer, Scores


class ImplicitALS(Peer):
    """Folds in by ``recalculate_user``, which solves the viewer's vector exactly.

    The library asks for one BLAS thread, having threads of its own.
    """

    def __init__(self, *, data: str = ALL, **settings: Any) -> None:
        super().__init__(data=data)
        self.model = AlternatingLeastSquares(random_state=0, num_threads=1, **settings)

    def train(self, matrix: Matrix, times: Matrix, items: Frame) -> None:
        with threadpool_limits(1, "blas"):
            self.model.fit(matrix.astype(np.float32), show_progress=False)

    def score(self, users: Sequence[Hashable], rows: Matrix) -> Scores:
        with threadpool_limits(1, "blas"):
            vectors = self.model.recalculate_user(np.arange(len(users)), rows.astype(np.float32))
        return np.asarray(vectors @ self.model.item_factors.T, np.float64)


class ImplicitBPR(Peer):
    """Has no way to fold a viewer in: who was not in ``fit`` has no score."""

    def __init__(self, *, data: str = ALL, **settings: Any) -> None:
        super().__init__(data=data)
        self.model = BayesianPersonalizedRanking(random_state=0, num_threads=1, **settings)

    def train(self, matrix: Matrix, times: Matrix, items: Frame) -> None:
        self.model.fit(matrix.astype(np.float32), show_progress=False)

    def score(self, users: Sequence[Hashable], rows: Matrix) -> Scores:
        scores = np.full(rows.shape, np.nan)
        for place, user in enumerate(users):
            row = self.viewer_rows.get(user)
            if row is not None:
                scores[place] = self.model.item_factors @ self.model.user_factors[row]
        return scores


class ImplicitNeighbours(Peer):
    """``kind``: cosine, tfidf or bm25. The viewer's row times the neighbours' similarities,
    as the library's own ``recommend`` does."""

    def __init__(self, kind: str, *, data: str = ALL, **settings: Any) -> None:
        super().__init__(data=data)
        kinds = {"cosine": CosineRecommender, "tfidf": TFIDFRecommender, "bm25": BM25Recommender}
        self.model = kinds[kind](num_threads=1, **settings)

    def train(self, matrix: Matrix, times: Matrix, items: Frame) -> None:
        self.model.fit(matrix, show_progress=False)

    def score(self, users: Sequence[Hashable], rows: Matrix) -> Scores:
        return np.asarray((rows @ self.model.similarity).toarray(), np.float64)
