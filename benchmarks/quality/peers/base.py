"""What all peers share: ids, histories, filtering and the order of a list.

A peer only says how it is trained on a viewer x title matrix and how it scores rows of one,
through its own library's way of folding a viewer in.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

Frame = Any
Matrix = Any
Scores = npt.NDArray[np.float64]
ALL, LIKED, RATED = "all", "liked", "rated"


class Peer:
    """A model over one matrix.

    ``data`` says what the matrix holds: 1 for every event (``all``), 1 for ratings of 4 and
    better (``liked``), or the rating itself (``rated``). What a viewer has seen is left out of
    the list whatever it says. Titles that a model has no score for come last, the more
    popular first, as anybody would serve them.
    """

    def __init__(self, *, data: str = ALL) -> None:
        self.data = data

    def train(self, matrix: Matrix, times: Matrix, items: Frame) -> None:
        """Fit on ``matrix`` [viewers, titles]; ``times`` holds the events' Unix seconds."""
        raise NotImplementedError

    def score(self, users: Sequence[Hashable], rows: Matrix) -> Scores:
        """[users, titles], the higher the better, NaN for no score."""
        raise NotImplementedError

    def fit(self, interactions: Frame, items: Frame) -> None:
        """Forget everything, learn from these frames."""
        self.title_ids: list[Hashable] = items["item_id"].tolist()
        self.numbers = {title: number for number, title in enumerate(self.title_ids)}
        self.histories: dict[Hashable, dict[int, tuple[float, float]]] = {}
        self.update(interactions)
        self.viewer_rows = {viewer: row for row, viewer in enumerate(self.histories)}
        every = list(self.histories)
        counts = np.asarray((self._rows(every, ALL) > 0).sum(axis=0)).ravel()
        self.popularity = counts / max(1, counts.max())
        self.train(self._rows(every, self.data), self._times(every), items)

    def update(self, interactions: Frame) -> None:
        """Add to histories; the model itself stays."""
        columns = (interactions[name] for name in ("user_id", "item_id", "rating", "timestamp"))
        for viewer, title, rating, time in zip(*columns, strict=True):
            known = self.histories.setdefault(viewer, {})
            known[self.numbers[title]] = (float(rating), float(time))

    def recommend(
        self,
        user_ids: Iterable[Hashable],
        k: int,
        exclude_seen: bool = True,
        candidates: Iterable[Hashable] | None = None,
    ) -> dict[Hashable, list[Hashable]]:
        """The ``k`` best titles of each viewer."""
        users = list(user_ids)
        allowed = np.ones(len(self.title_ids), bool)
        if candidates is not None:
            allowed[:] = False
            allowed[[self.numbers[title] for title in candidates]] = True
        scores = self.score(users, self._rows(users, self.data))
        answers = {}
        for user, row in zip(users, scores, strict=True):
            mask = allowed.copy()
            if exclude_seen:
                mask[list(self.histories.get(user, ()))] = False
            answers[user] = [self.title_ids[number] for number in self._best(row, mask, k)]
        return answers

    def __getstate__(self) -> dict[str, Any]:
        # Histories are the platform's, whichever model is served: they don't count as its size.
        return {name: value for name, value in vars(self).items() if name != "histories"}

    def _best(self, scores: Scores, allowed: npt.NDArray[np.bool_], k: int) -> list[int]:
        numbers = np.flatnonzero(allowed)
        found = scores[numbers]
        known = np.isfinite(found)
        lowest = found[known].min() if known.any() else 0.0
        found = np.where(known, found, lowest - 1.0)
        if k < len(numbers):
            floor = np.partition(found, -k)[-k]
            kept = found >= floor
            numbers, found = numbers[kept], found[kept]
        order = np.lexsort((-self.popularity[numbers], -found))[:k]
        return [int(number) for number in numbers[order]]

    def _rows(self, users: Sequence[Hashable], data: str) -> Matrix:
        return self._matrix(users, lambda rating, _: _weight(rating, data))

    def _times(self, users: Sequence[Hashable]) -> Matrix:
        return self._matrix(users, lambda _, time: time)

    def _matrix(self, users: Sequence[Hashable], value: Any) -> Matrix:
        rows, columns, values = [], [], []
        for row, user in enumerate(users):
            for number, (rating, time) in self.histories.get(user, {}).items():
                if weight := value(rating, time):
                    rows.append(row)
                    columns.append(number)
                    values.append(weight)
        shape = (len(users), len(self.title_ids))
        matrix = sparse.csr_matrix((values, (rows, columns)), shape=shape, dtype=np.float64)
        matrix.sort_indices()
        return matrix


def _weight(rating: float, data: str) -> float:
    if data == RATED:
        return rating
    return 1.0 if data == ALL or rating >= 4.0 else 0.0
