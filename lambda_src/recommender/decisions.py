"""Which scorer put a title there, of many picks at once."""

from __future__ import annotations

import numpy as np

from recommender.recommendation import Source
from recommender.scoring import COLLABORATIVE_PARTS, EVERYBODY_PARTS, GENRE, TRENDING, Scores
from recommender.sparse import Bools, Ints

Decision = tuple[Source, str]  # and the scorer in whose terms it is explained

_BY_CONTENT = ("content", "latent")
_DECISIONS: tuple[Decision, ...] = (
    *((Source.CONTENT, name) for name in _BY_CONTENT),
    *((Source.COLLABORATIVE, name) for name in COLLABORATIVE_PARTS),
    (Source.POPULARITY, "popularity"),
    (Source.TRENDING, "trending"),
)


def decisions(picks: Ints, scores: Scores, unwatched: Bools) -> list[Decision]:
    """For each of ``picks`` the larger part; what everybody likes where it is most of the score.

    Of ``unwatched`` [picks] no viewer can say anything: their tastes are those of their content.
    """
    nothing = np.zeros(len(picks), dtype=np.float32)
    parts = {name: part[picks] for name, part in scores.parts.items()}
    tastes = parts["latent"]
    by_content = np.array([parts["content"], np.where(unwatched, tastes, nothing)])
    by_viewers = np.array([parts[name] for name in COLLABORATIVE_PARTS])
    by_viewers[COLLABORATIVE_PARTS.index("latent"), unwatched] = 0
    nearer, others = by_content.sum(axis=0), by_viewers.sum(axis=0)
    everybody = sum((parts[name] for name in EVERYBODY_PARTS), parts.get(GENRE, nothing))
    news = parts.get(TRENDING, nothing)
    personal, larger = nearer + others, np.maximum(everybody, news)
    impersonal = (personal <= 0) | (larger > personal + np.minimum(everybody, news))
    after_content = len(_BY_CONTENT)
    numbers = np.where(
        nearer >= others, by_content.argmax(axis=0), after_content + by_viewers.argmax(axis=0)
    )
    numbers[impersonal] = len(_DECISIONS) - 2 + (news > everybody)[impersonal]
    return [_DECISIONS[number] for number in numbers.tolist()]
