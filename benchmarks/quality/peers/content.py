"""Cosine on metadata, the usual content-based model: tf-idf of genres, people and words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence

import numpy as np
from scipy import sparse

from benchmarks.quality.peers.base import LIKED, Frame, Matrix, Peer, Scores

_WORD = re.compile(r"\w+")


class ContentCosine(Peer):
    """Likeness of a title's metadata to the mean of what the viewer liked.

    ``people`` and ``words`` weigh these blocks against genres, each block having length 1;
    ``decades`` adds the decade to the genres.
    """

    def __init__(
        self,
        *,
        data: str = LIKED,
        people: float = 1.0,
        words: float = 1.0,
        decades: bool = False,
    ) -> None:
        super().__init__(data=data)
        self.people, self.words, self.decades = people, words, decades

    def train(self, matrix: Matrix, times: Matrix, items: Frame) -> None:
        rows = items.to_dict("records")
        blocks = (
            (1.0, [list(self._genres(row)) for row in rows]),
            (self.people, [[*row["directors"], *row["writers"], *row["cast"]] for row in rows]),
            (self.words, [list(_words(row)) for row in rows]),
        )
        features = sparse.hstack([weight * _tf_idf(terms) for weight, terms in blocks]).tocsr()
        self.features = _unit(features)

    def score(self, users: Sequence[Hashable], rows: Matrix) -> Scores:
        profiles = rows @ self.features
        return np.asarray((profiles @ self.features.T).toarray(), np.float64)

    def _genres(self, row: dict[str, object]) -> Iterator[str]:
        genres, year = row["genres"], row["year"]
        yield from genres if isinstance(genres, list) else ()
        if self.decades and isinstance(year, int):
            yield f"{year // 10}0s"


def _words(row: dict[str, object]) -> Iterator[str]:
    tags = row["tags"] if isinstance(row["tags"], list) else []
    yield from _WORD.findall(" ".join([str(row["plot"]), *tags]).lower())


def _tf_idf(terms: Sequence[Sequence[str]]) -> Matrix:
    """[titles, terms], rows of length 1; a term of one title only says nothing and is left."""
    spread = Counter(term for row in terms for term in set(row))
    column = {term: place for place, term in enumerate(sorted(spread)) if spread[term] > 1}
    rows, columns, values = [], [], []
    for number, row in enumerate(terms):
        for term, count in Counter(row).items():
            if spread[term] > 1:
                rows.append(number)
                columns.append(column[term])
                values.append((1 + np.log(count)) * np.log(len(terms) / spread[term]))
    width = max(column.values(), default=0) + 1
    return _unit(sparse.csr_matrix((values, (rows, columns)), shape=(len(terms), width)))


def _unit(matrix: Matrix) -> Matrix:
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return sparse.diags(1 / np.maximum(lengths, 1e-12)) @ matrix
