"""Titles as sparse feature rows in blocks: genre, cast, director, plot, era.

Each block of a row has length 1 (or 0 where the title says nothing), so a block's weight
alone decides how much it counts: the similarity of two titles is the weighted sum of their
blocks' cosines.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from recommender.catalogue import Title
from recommender.sparse import Floats, Ints, SparseRows
from recommender.words import plot_words

BLOCKS = ("genre", "cast", "director", "plot", "era")
_PLOT_WORDS = 20_000  # the most frequent of them: bounds the artifact, whatever the catalogue
_ERA_YEARS = 5


def title_features(titles: Sequence[Title]) -> tuple[SparseRows, Ints]:
    """The feature rows of ``titles`` and, for each column, the number of its block."""
    eras = [() if title.year is None else (str(title.year // _ERA_YEARS),) for title in titles]
    blocks = [
        _block([title.genres for title in titles], fewest=1),
        # A person of a single title links it to nothing, and most people are such.
        _block([title.cast for title in titles], fewest=2),
        _block([title.directors for title in titles], fewest=2),
        _block([plot_words(title.plot) for title in titles], fewest=2, most=_PLOT_WORDS),
        _block(eras, fewest=1),
    ]
    widths = [width for *_, width in blocks]
    offsets = np.cumsum([0, *widths[:-1]])
    rows = np.concatenate([rows for rows, *_ in blocks])
    columns = np.concatenate(
        [columns + offset for (_, columns, _, _), offset in zip(blocks, offsets, strict=True)]
    )
    data = np.concatenate([data for _, _, data, _ in blocks])
    block_of = np.repeat(np.arange(len(BLOCKS), dtype=np.int32), widths)
    shape = (len(titles), sum(widths))
    return SparseRows.of_triples(rows, columns, data, shape), block_of


def _block(
    values: Sequence[Iterable[str]], *, fewest: int, most: int | None = None
) -> tuple[Ints, Ints, Floats, int]:
    """Rows, columns, unit-length tf-idf values and width of one block."""
    rows = [tuple(row) for row in values]
    names = sorted({value for row in rows for value in row})
    number = {name: place for place, name in enumerate(names)}
    row_of = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    of_cell = np.array([number[value] for row in rows for value in row], dtype=np.int64)
    cells, counts = np.unique(row_of * max(1, len(names)) + of_cell, return_counts=True)
    row_of, of_cell = np.divmod(cells, max(1, len(names)))
    frequency = np.bincount(of_cell, minlength=len(names))
    kept = np.flatnonzero(frequency >= fewest)
    if most is not None and len(kept) > most:
        kept = np.sort(kept[np.argsort(-frequency[kept], kind="stable")[:most]])
    column = np.full(len(names), -1)
    column[kept] = np.arange(len(kept))
    known = column[of_cell] >= 0
    row_of, of_cell, counts = row_of[known], of_cell[known], counts[known]
    data = (1 + np.log(counts)) * np.log(1 + len(rows) / frequency[of_cell])
    lengths = np.sqrt(np.bincount(row_of, weights=data * data, minlength=len(rows)))
    return (
        row_of.astype(np.int32),
        column[of_cell].astype(np.int32),
        (data / lengths[row_of]).astype(np.float32),
        len(kept),
    )
