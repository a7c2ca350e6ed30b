"""How much each scorer counts, as a smooth function of how much history there is.

The weights are learned at a few lengths of history, on viewers held out
(:mod:`recommender.tuning`), and interpolated between them on a logarithmic scale.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from math import log1p

import numpy as np
import numpy.typing as npt

from recommender.sparse import Bools, Floats

SCORERS = ("content", "collaborative", "linear", "latent", "popularity", "recent")


@dataclass(frozen=True)
class Blend:
    """``weights``: for each of ``lengths`` (ascending), one weight per scorer, summing to 1."""

    lengths: tuple[int, ...] = (0, 1, 3, 10, 25, 100)
    weights: tuple[tuple[float, ...], ...] = (
        (0.0, 0.0, 0.0, 0.0, 0.6, 0.4),
        (0.05, 0.3, 0.05, 0.1, 0.3, 0.2),
        (0.05, 0.4, 0.1, 0.15, 0.2, 0.1),
        (0.05, 0.4, 0.25, 0.15, 0.1, 0.05),
        (0.18, 0.08, 0.58, 0.12, 0.01, 0.03),
        (0.15, 0.0, 0.75, 0.08, 0.0, 0.02),
    )

    def __post_init__(self) -> None:
        table = np.array(self.weights, dtype=np.float64)
        if table.shape != (len(self.lengths), len(SCORERS)) or not np.isfinite(table).all():
            raise ValueError(f"a blend of {self.lengths} needs {len(SCORERS)} weights for each")

    def at(self, length: int) -> npt.NDArray[np.float64]:
        """The weights [scorers] for a history of ``length`` titles."""
        after = bisect_right(self.lengths, length)
        if after in (0, len(self.lengths)):
            return np.array(self.weights[max(after - 1, 0)])
        before, beyond, here = (log1p(n) for n in (*self.lengths[after - 1 : after + 1], length))
        share = (here - before) / (beyond - before)
        pairs = zip(self.weights[after - 1], self.weights[after], strict=True)
        return np.array([one + share * (other - one) for one, other in pairs])


def comparable(scores: Floats, allowed: Bools | Floats) -> Floats:
    """``scores`` in [-1, 1]: 1 is the best allowed title, 0 one that nothing speaks for.

    Where nothing speaks for any title, what is spoken against most is -1. Titles that are not
    allowed are 0, and set no scale; ``allowed`` of 0 and 1 are gone through far faster.
    """
    within: Floats = scores * allowed
    most = within.max(initial=np.float32(0))
    least = within.min(initial=np.float32(0))
    if most <= 0:
        most = -least
    if most > 0:
        within /= most
    return np.maximum(within, np.float32(-1), out=within) if least < -most else within
