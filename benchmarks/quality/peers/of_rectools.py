"""The models of ``rectools``: EASE, PureSVD, ALS with item features, LightFM with features."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from implicit.cpu.als import AlternatingLeastSquares
from lightfm import LightFM
from rectools.dataset import Dataset
from rectools.models import (
    EASEModel,
    ImplicitALSWrapperModel,
    LightFMWrapperModel,
    PureSVDModel,
)
from threadpoolctl import threadpool_limits

from benchmarks.quality.peers.base import ALL, Frame, Matrix, Peer, Scores

FREQUENT = 5
"""A person is a feature from this many titles on."""


class RecToolsPeer(Peer):
    """Turns the matrix into the library's data set and back to our title numbers."""

    def dataset(self, matrix: Matrix, features: Frame | None = None) -> Dataset:
        """The library's data set; its item ids are our title numbers."""
        entries = matrix.tocoo()
        frame = pd.DataFrame(
            {
                "user_id": entries.row,
                "item_id": entries.col,
                "weight": entries.data,
                "datetime": pd.Timestamp("2000-01-01"),
            }
        )
        if features is None:
            return Dataset.construct(frame)
        return Dataset.construct(frame, item_features_df=features, cat_item_features=["feature"])


class EASE(RecToolsPeer):
    """A viewer is folded in as the library does it: their row times the weights."""

    def __init__(self, *, data: str = ALL, regularization: float = 500.0) -> None:
        super().__init__(data=data)
        self.regularization = regularization

    def train(self, matrix: Matrix, times: Matrix, items: Frame) -> None:
        dataset = self.dataset(matrix)
        model = EASEModel(regularization=self.regularization, recommend_use_gpu_ranking=False)
        model.fit(dataset)
        self.titles = dataset.item_id_map.external_ids.astype(np.int64)
        self.weights = model.weight.astype(np.float32)

    def score(self, users: Sequence[Hashable], rows: Matrix) -> Scores:
        scores = np.full(rows.shape, np.nan)
        # Of the weights' type: else scipy would copy all of them to a wider one first.
        scores[:, self.titles] = rows[:, self.titles].astype(np.float32) @ self.weights
        return scores


class PureSVD(RecToolsPeer):
    """A viewer is folded in by projection, which for those in training is what is stored."""

    def __init__(self, *, data: str = ALL, factors: int = 50) -> None:
        super().__init__(data=data)
        self.model = PureSVDModel(factors=factors)

    def train(self, matrix: Matrix, times: Matrix, items: Frame) -> None:
        dataset = self.dataset(matrix)
        # A number, which the library documents, is refused by scipy with numpy below 2.
        self.model.random_state = np.random.default_rng(0)
        self.model.fit(dataset)
        _, vectors = self.model.get_vectors()
        self.titles = dataset.item_id_map.external_ids.astype(np.int64)
        self.vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=0), 1e-12)

    def score(self, users: Sequence[Hashable], rows: Matrix) -> Scores:
        scores = np.full(rows.shape, np.nan)
        scores[:, self.titles] = (rows[:, self.titles] @ self.vectors) @ self.vectors.T
        return scores


class FeatureALS(RecToolsPeer):
    """ALS fitted together with genres, decades and frequent people of the titles.

    The library doesn't rank titles without events; their vectors are made here as it makes
    those of all others, from their features, the latent part being 0.
    """

    def __init__(self, *, data: str = ALL, **settings: Any) -> None:
        super().__init__(data=data)
        self.settings = settings

    def train(self, matrix: Matrix, times: Matrix, items: Frame) -> None:
        dataset = self.dataset(matrix, feature_frame(items))
        base = AlternatingLeastSquares(random_state=0, num_threads=1, **self.settings)
        wrapped = ImplicitALSWrapperModel(base, fit_features_together=True)
        with threadpool_limits(1, "blas"):
            wrapped.fit(dataset)
        self.model = wrapped.model
        self.titles = dataset.item_id_map.external_ids.astype(np.int64)
        latent = self.model.item_factors
        features = dataset.item_features.get_dense().astype(np.float32)
        cold = np.zeros((len(self.titles) - len(latent), latent.shape[1]), np.float32)
        cold[:, latent.shape[1] - features.shape[1] :] = features[len(latent) :]
        self.vectors = np.vstack([latent, cold])
        self.hot = self.titles[: len(latent)]
        self.model.factors = latent.shape[1]  # what the library's fold-in goes by

    def score(self, users: Sequence[Hashable], rows: Matrix) -> Scores:
        known = rows[:, self.hot].tocsr().astype(np.float32)
        with threadpool_limits(1, "blas"):
            vectors = self.model.recalculate_user(np.arange(len(users)), known)
        scores = np.full(rows.shape, np.nan)
        scores[:, self.titles] = vectors @ self.vectors.T
        return scores


class FeatureLightFM(RecToolsPeer):
    """Ranks titles without events by their features; has no way to fold a viewer in."""

    def __init__(self, *, data: str = ALL, epochs: int = 30, **settings: Any) -> None:
        super().__init__(data=data)
        self.epochs, self.settings = epochs, settings

    def train(self, matrix: Matrix, times: Matrix, items: Frame) -> None:
        dataset = self.dataset(matrix, feature_frame(items))
        base = LightFM(random_state=0, **self.settings)
        wrapped = LightFMWrapperModel(base, epochs=self.epochs, num_threads=1)
        wrapped.fit(dataset)
        users, titles = wrapped.get_vectors(dataset)
        rows = dataset.user_id_map.convert_to_internal(np.arange(matrix.shape[0]), strict=False)
        known = np.isin(np.arange(matrix.shape[0]), dataset.user_id_map.external_ids)
        self.users = np.zeros((matrix.shape[0], users.shape[1]))
        self.users[known] = users[rows]
        self.titles = dataset.item_id_map.external_ids.astype(np.int64)
        self.vectors = titles

    def score(self, users: Sequence[Hashable], rows: Matrix) -> Scores:
        scores = np.full(rows.shape, np.nan)
        for place, user in enumerate(users):
            row = self.viewer_rows.get(user)
            if row is not None:
                scores[place, self.titles] = self.vectors @ self.users[row]
        return scores


def feature_frame(items: Frame) -> Frame:
    """id (title number), feature and value: genres, decades and people of several titles."""
    rows = items.to_dict("records")
    named = [(number, feature) for number, row in enumerate(rows) for feature in _features(row)]
    frame = pd.DataFrame(named, columns=["id", "value"]).assign(feature="feature")
    often = frame["value"].map(frame["value"].value_counts()) >= FREQUENT
    return frame[often].drop_duplicates()


def _features(row: dict[str, Any]) -> Iterator[str]:
    yield from (f"genre {genre}" for genre in row["genres"])
    if isinstance(row["year"], int):
        yield f"decade {row['year'] // 10}"
    yield from (f"director {name}" for name in row["directors"])
    yield from (f"writer {name}" for name in row["writers"])
    yield from (f"cast {name}" for name in row["cast"][:3])
    # Every title has a vector: some have nothing else that is known of them.
    yield "any"
