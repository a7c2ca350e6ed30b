"""How much each scorer counts, as a smooth function of how much history there is.

The weights are learned at a few lengths of history, on viewers held out
(:mod:`recommender.tuning`), and interpolated between them on a logarithmic scale.
"""

from __future__ import annotations

from dataclasses import dataclass

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

    def at(self, length: int) -> npt.NDArray[np.float64]:
        """The weights [scorers] for a history of ``length`` titles."""
        knots = np.log1p(self.lengths)
        columns = np.array(self.weights).T
        return np.array([np.interp(np.log1p(length), knots, column) for column in columns])


def comparable(scores: Floats, allowed: Bools) -> Floats:
    """``scores`` in [0, 1]: 1 is the best allowed title, 0 a title nothing speaks for."""
    # Titles that are not allowed count as 0, which is what nothing speaks for comes to.
    best = (scores * allowed).max(initial=np.float32(0))
    if best <= 0:
        return np.zeros_like(scores)
    scaled: Floats = scores * np.float32(1 / best)
    return np.clip(scaled, 0, 1, out=scaled)
