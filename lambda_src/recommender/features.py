"""Titles as sparse feature rows in blocks: genre, cast, director, plot, era.

Each block of a row has length 1 (or 0 where the title says nothing), so a block's weight
alone decides how much it counts: the similarity of two titles is the weighted sum of their
blocks' cosines.
"""

from __future__ import annotations

from collections import Counter
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
    counts = [Counter(row) for row in values]
    frequency = Counter(value for row in counts for value in row)
    kept = sorted(value for value, number in frequency.items() if number >= fewest)
    if most is not None and len(kept) > most:
        kept = sorted(sorted(kept, key=lambda value: -frequency[value])[:most])
    column = {value: number for number, value in enumerate(kept)}
    total = len(values)
    idf = {value: float(np.log(1 + total / frequency[value])) for value in kept}
    rows, columns, data = [], [], []
    for number, row in enumerate(counts):
        cells = {value: (1 + np.log(row[value])) * idf[value] for value in row if value in idf}
        length = float(np.sqrt(sum(cell * cell for cell in cells.values()))) or 1.0
        for value, cell in cells.items():
            rows.append(number)
            columns.append(column[value])
            data.append(cell / length)
    return (
        np.array(rows, dtype=np.int32),
        np.array(columns, dtype=np.int32),
        np.array(data, dtype=np.float32),
        len(kept),
    )
