"""Titles like one title, whoever asks."""

from __future__ import annotations

import numpy as np

from recommender.blend import comparable
from recommender.index import CatalogueIndex
from recommender.links import Link
from recommender.ranker import best
from recommender.recommendation import Reason, ReasonKind, Recommendation, Source
from recommender.scoring import Scorers
from recommender.sparse import Bools, Floats

_CONTENT = 0.5  # the rest is what viewers of the one also like


def likeness(scorers: Scorers, number: int, allowed: Bools) -> tuple[Floats, Floats]:
    """What content and what viewers say of every title's likeness to one: [titles] each."""
    content = comparable(scorers.content.similarity(number), allowed)
    together = comparable(scorers.collaborative.similarity(number), allowed)
    return content * np.float32(_CONTENT), together * np.float32(1 - _CONTENT)


def similar(
    scorers: Scorers, index: CatalogueIndex, number: int, allowed: Bools, limit: int
) -> list[Recommendation]:
    """The ``limit`` allowed titles most like title ``number``, itself left out."""
    allowed = allowed.copy()
    allowed[number] = False
    content, together = likeness(scorers, number, allowed)
    total = content + together
    answers = []
    for pick in best(total, allowed & (total > 0), limit):
        by_content = bool(content[pick] >= together[pick])
        answers.append(
            Recommendation(
                index.ids[pick],
                float(total[pick]),
                Source.CONTENT if by_content else Source.COLLABORATIVE,
                _reason(index, number, int(pick), by_content),
            )
        )
    return answers


def _reason(index: CatalogueIndex, number: int, pick: int, by_content: bool) -> Reason:
    title = index.titles[number]
    if not by_content:
        text = f"Viewers who enjoyed {title.name} enjoyed this"
        return Reason(ReasonKind.SIMILAR_VIEWERS, text, (title.title_id,))
    link = Link.between(title, index.titles[pick])
    kind = ReasonKind.SHARED_PEOPLE if link.people else ReasonKind.GENRE
    return Reason(kind, f"Like {title.name}: {link.text}", (title.title_id,), link.people)
