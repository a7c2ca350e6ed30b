"""The largest of many numbers, found without sorting them all."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recommender.sparse import Floats

_SAMPLE = 1_024  # so many numbers tell where the largest begin,
_SPARE = 16  # and so many of them are left over for chance


def largest(values: Floats, count: int) -> npt.NDArray[np.int64]:
    """Where the ``count`` largest of ``values`` are, ascending, those that tie with the last too.

    Minus infinity is never among them.
    """
    if count <= 0:
        return np.zeros(0, dtype=np.int64)
    # A bound from a sample leaves a few hundred to sort out where there are tens of thousands.
    step = len(values) // _SAMPLE + 1
    sample = values[::step]
    expected = 2 * count // step + _SPARE
    bound = np.float32(-np.inf)
    if expected < len(sample):
        bound = np.sort(sample)[-expected]  # of so few faster than a partition
    places = (values >= bound).nonzero()[0]
    if bound == -np.inf or len(places) < count:
        places = np.flatnonzero(values > -np.inf)
    if count >= len(places):
        return places
    found = values[places]
    last = np.partition(found, -count)[-count]
    largest: npt.NDArray[np.int64] = places[found >= last]
    return largest
