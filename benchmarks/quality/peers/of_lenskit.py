"""The scorers of ``lenskit``: item and user neighbours, implicit ALS, SLIM, EASE.

Each takes a viewer's history with the query, so viewers who were not in training are served
like all others.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from lenskit.data import ItemList, RecQuery, from_interactions_df
from lenskit.training import TrainingOptions

from benchmarks.quality.peers.base import ALL, Frame, Matrix, Peer, Scores


class LensKit(Peer):
    """``scorer`` is one of the library's component classes, made with ``settings``."""

    def __init__(self, scorer: Any, *, data: str = ALL, **settings: Any) -> None:
        super().__init__(data=data)
        self.scorer = scorer(**settings)

    def train(self, matrix: Matrix, times: Matrix, items: Frame) -> None:
        entries = matrix.tocoo()
        frame = pd.DataFrame({"user_id": entries.row, "item_id": entries.col})
        self.scorer.train(from_interactions_df(frame), TrainingOptions(rng=0))
        self.trained = np.bincount(entries.col, minlength=matrix.shape[1]) > 0
        self.every = ItemList(item_ids=np.arange(matrix.shape[1]))

    def score(self, users: Sequence[Hashable], rows: Matrix) -> Scores:
        scores = np.full(rows.shape, np.nan)
        for place in range(len(users)):
            history = rows.indices[rows.indptr[place] : rows.indptr[place + 1]]
            # Of a title nobody had, item neighbours know nothing: the library panics on it.
            history = history[self.trained[history]]
            if len(history):
                # A user number of its own: "unknown", so that only the history counts.
                query = RecQuery(user_id=-1, history_items=ItemList(item_ids=history))
                scores[place] = self.scorer(query, self.every).scores("numpy")
        return scores
