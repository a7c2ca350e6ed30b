"""How good lists are: one value for each viewer where that makes sense, else one for all.

Relevant is what a viewer rated 4 or better among what was held out. A list is compared with
all of it, whether or not the model could have known the title.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.quality.data import Bools, Floats, Ints, Item, Ratings, pairs
from benchmarks.quality.splits import Stage

DEPTH = 50
TOP = 10
HEAD_SHARE = 0.8


@dataclass(frozen=True)
class Quality:
    """``viewers`` [n] and for each its figures; the last three are of all lists together."""

    viewers: Ints
    ndcg: Floats
    recall: Floats
    recall_deep: Floats
    precision: Floats
    coverage: float
    tail: float
    diversity: float

    def means(self) -> dict[str, float]:
        """The figures by the names they have in the table."""
        return {
            "ndcg@10": _mean(self.ndcg),
            "recall@10": _mean(self.recall),
            "recall@50": _mean(self.recall_deep),
            "map": _mean(self.precision),
            "coverage@10": self.coverage,
            "tail@10": self.tail,
            "diversity@10": self.diversity,
        }


def measure(
    stage: Stage, lists: Ints, tail: Bools, items: Sequence[Item], candidates: Ints | None
) -> Quality:
    """The quality of ``lists`` [viewers of the stage, DEPTH], title numbers, -1 for none.

    ``tail`` [titles] marks the long tail. Coverage is of ``candidates`` where there are any.
    """
    viewers = stage.viewers
    hits, relevant = hits_of(stage, lists)
    shown = lists[:, :TOP]
    shown = shown[shown >= 0]
    pool = len(items) if candidates is None else len(candidates)
    return Quality(
        viewers=viewers,
        ndcg=ndcg(hits[:, :TOP], relevant),
        recall=hits[:, :TOP].sum(axis=1) / relevant,
        recall_deep=hits.sum(axis=1) / relevant,
        precision=average_precision(hits, relevant),
        coverage=len(np.unique(shown)) / pool,
        tail=float(tail[shown].mean()) if len(shown) else 0.0,
        diversity=diversity(lists[:, :TOP], items),
    )


def ndcg(hits: Bools, relevant: Ints) -> Floats:
    """[n], discounted gain of ``hits`` [n, k] over that of the best list of k titles."""
    discounts = 1 / np.log2(np.arange(hits.shape[1]) + 2)
    ideal = np.concatenate([[0.0], np.cumsum(discounts)])
    best = ideal[np.minimum(relevant, hits.shape[1])]
    return np.asarray(hits @ discounts / best, np.float64)


def average_precision(hits: Bools, relevant: Ints) -> Floats:
    """[n], the mean of the precision at each hit, over the hits there can be in k places."""
    found = np.cumsum(hits, axis=1)
    precision = (found / np.arange(1, hits.shape[1] + 1) * hits).sum(axis=1)
    return np.asarray(precision / np.minimum(relevant, hits.shape[1]), np.float64)


def diversity(lists: Ints, items: Sequence[Item]) -> float:
    """1 minus the Jaccard likeness of genres, over all pairs of each list, over all lists.

    Titles without genres are like nothing.
    """
    names: Mapping[str, int] = {
        genre: place
        for place, genre in enumerate(sorted({genre for item in items for genre in item.genres}))
    }
    has = np.zeros((len(items) + 1, len(names)))  # the last row is for "no title"
    for row, item in enumerate(items):
        has[row, [names[genre] for genre in item.genres]] = 1.0
    found = []
    for row in lists:
        genres = has[row[row >= 0]]
        if len(genres) > 1:
            both = genres @ genres.T
            sizes = genres.sum(axis=1)
            either = np.maximum(sizes[:, None] + sizes - both, 1.0)
            found.append(1 - (both / either)[np.triu_indices(len(genres), 1)].mean())
    return float(np.mean(found)) if found else 0.0


def long_tail(train: Ratings, titles: int) -> Bools:
    """[titles], whether a title is outside the head.

    The head is the smallest set of most rated titles that together hold 80% of the training
    ratings; so a title nobody rated is in the tail.
    """
    counts = np.bincount(train.titles, minlength=titles)
    order = np.argsort(-counts, kind="stable")
    before = np.cumsum(counts[order]) - counts[order]
    tail = np.ones(titles, bool)
    tail[order[(before < HEAD_SHARE * counts.sum()) & (counts[order] > 0)]] = False
    return tail


def hits_of(stage: Stage, lists: Ints) -> tuple[Bools, Ints]:
    """[n, k], whether a place holds something relevant, and [n], how much of that there is."""
    held = stage.held.take(stage.held.liked)
    viewers, relevant = np.unique(held.viewers, return_counts=True)
    wanted = pairs(held.viewers, held.titles)
    asked = pairs(np.repeat(viewers, lists.shape[1]), lists.ravel())
    return (np.isin(asked, wanted) & (lists.ravel() >= 0)).reshape(lists.shape), relevant


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else 0.0
