"""What is published beside a model, and the proof that it serves."""

from __future__ import annotations

import math

import numpy as np

from recommender.catalogue import Viewer
from recommender.model import Model
from schemas.errors import ModelVerificationError
from schemas.models import ModelPointer, Published, Verified

MOST_POPULAR = 500
_SAMPLE = 10


def popular_scores(model: Model) -> dict[str, float]:
    """The all-time window: the most popular titles and their scores, whoever may see them."""
    scores = model.scorers.popularity.scores
    best = np.argsort(-scores, kind="stable")[:MOST_POPULAR]
    return {model.index.ids[place]: float(scores[place]) for place in best}


def verify(published: Published, pointer: ModelPointer, model: Model, *, now: float) -> Verified:
    """That what is served is what was published, and that it recommends.

    :class:`ModelVerificationError` says what is wrong.
    """
    if (pointer.version, pointer.sha256) != (published.version, published.sha256):
        raise ModelVerificationError(
            f"the pointer says {pointer.version} ({pointer.sha256[:12]}), "
            f"published was {published.version} ({published.sha256[:12]})"
        )
    if model.version != published.version:
        raise ModelVerificationError(
            f"the artifact of {published.version} calls itself {model.version}"
        )
    picks = model.recommend({}, Viewer(), limit=_SAMPLE, now=now)
    if not picks:
        raise ModelVerificationError("the model recommends nothing to a new viewer")
    wrong = [pick.title_id for pick in picks if not math.isfinite(pick.score)]
    if wrong:
        raise ModelVerificationError(f"scores that are no numbers: {', '.join(wrong)}")
    return Verified(version=published.version, verified=True)
