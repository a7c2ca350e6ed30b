"""The largest of many numbers, found without sorting them all."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recommender.sparse import Floats

_SAMPLED = 16  # one number of so many tells where the largest begin


def largest(values: Floats, count: int) -> npt.NDArray[np.int64]:
    """Where the ``count`` largest of ``values`` are, ascending, those that tie with the last too.

    Minus infinity is never among them.
    """
    if count <= 0:
        return np.zeros(0, dtype=np.int64)
    # A bound from a sample leaves a few hundred to sort out where there are tens of thousands.
    sample = values[::_SAMPLED]
    expected = 2 * count // _SAMPLED + _SAMPLED
    bound = np.float32(-np.inf)
    if expected < len(sample):
        bound = np.sort(sample)[-expected]  # of so few faster than a partition
    places = np.flatnonzero(values >= bound)
    if bound == -np.inf or len(places) < count:
        places = np.flatnonzero(values > -np.inf)
    if count >= len(places):
        return places
    found = values[places]
    last = np.partition(found, -count)[-count]
    largest: npt.NDArray[np.int64] = places[found >= last]
    return largest
