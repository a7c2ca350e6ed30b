"""What the scorers' contract tests ask with."""

import numpy as np

from recommender.interactions import FoldedHistory, fold

SCORERS = ("content", "collaborative", "linear", "latent", "popularity", "recent")


def folded_history(model, histories, length):
    """The first ``length`` titles of some viewer's history."""
    viewer_id = max(histories, key=lambda viewer: len(histories[viewer]))
    folded = fold(histories[viewer_id], model.index.numbers, 2e9)
    return FoldedHistory(np.array(folded.titles[:length]), np.array(folded.preferences[:length]))
