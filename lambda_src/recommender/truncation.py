"""What serving keeps of a square model of titles: its largest weights, and a low-rank rest."""

from __future__ import annotations

import numpy as np

from recommender.sparse import Floats, Ints, SparseRows

_LONGEST = 4  # times the average that a row may be long: bounds the request
_BOUND_SAMPLE = 4_000_000  # weights, evenly apart, that tell where the largest begin


def largest(weighted: Floats, learned: Ints, titles: int, kept: int) -> SparseRows:
    """The largest of ``weighted``, ``kept`` a row on average and no row more than four times that.

    Rows of widely watched titles are asked for most, so being weighted by that they get most.
    """
    if not weighted.size:
        return SparseRows.of_triples(learned, learned, weighted.ravel(), (titles, titles))
    count = min(kept, weighted.shape[1])
    size = np.abs(weighted)
    sample = size.ravel()[:: max(1, size.size // _BOUND_SAMPLE)]
    places = min(len(sample), max(1, round(len(sample) * count / weighted.shape[1])))
    bound = np.partition(sample, -places)[-places]
    most = min(_LONGEST * count, weighted.shape[1])
    bounds = np.maximum(bound, np.partition(size, -most, axis=1)[:, -most])
    rows, columns = np.nonzero((size >= bounds[:, None]) & (size > 0))
    data = weighted[rows, columns]
    return SparseRows.of_triples(learned[rows], learned[columns], data, (titles, titles))


def low_rank(rest: Floats, rank: int, seed: int) -> tuple[Floats, Floats]:
    """``rest`` as ``giving @ getting.T``, by randomised subspace iteration (Halko 2011)."""
    rng = np.random.default_rng(seed)
    rank = min(rank, len(rest))
    tried = rng.standard_normal((len(rest), min(len(rest), rank + 8))).astype(np.float32)
    for _ in range(3):
        basis = np.linalg.qr(rest @ tried)[0]
        tried = rest.T @ basis
    left, sizes, right = np.linalg.svd(tried.T, full_matrices=False)
    half = np.sqrt(sizes[:rank])
    giving = (basis @ left[:, :rank] * half).astype(np.float32)
    return giving, (right[:rank].T * half).astype(np.float32)
