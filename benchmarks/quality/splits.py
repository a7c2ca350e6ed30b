"""The five situations, each a way to cut ratings into what is known and what is to be found.

A split of a split is possible: peers choose their settings on the same kind of split of the
training data, so what is held out of the table is never looked at before it is measured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from benchmarks.quality.data import Bools, DataSet, Floats, Ints, Ratings, pairs

HELD_SHARE = 0.2
COLD_TITLE_SHARE = 0.15
COLD_TITLE_RATINGS = 5
FIRST_EVENTS = (1, 3, 5, 10)
CUTS = (0.8, 0.7, 0.9, 0.75, 0.85)
"""Where in time the temporal split cuts, by seed: the share of all ratings that comes before."""


def _nothing() -> Ints:
    return np.zeros(0, np.int64)


@dataclass(frozen=True)
class Stage:
    """Tell the model ``told`` (beside all it knows), then ask for what is in ``held``.

    ``canaries`` [n, 2] are planted (viewer, title) pairs of pure noise, see ``leaks``.
    """

    label: str
    told: Ratings
    held: Ratings
    canaries: Ints = field(default_factory=lambda: np.zeros((0, 2), np.int64))

    @property
    def viewers(self) -> Ints:
        """Who is asked for: everybody with something relevant to find, ascending."""
        return np.unique(self.held.viewers[self.held.liked])


@dataclass(frozen=True)
class Plan:
    """Fit on ``train``, then go through ``stages`` in order, each told on top of the last.

    ``primary`` are the labels whose mean is the scenario's figure. ``cut`` is the moment
    (Unix seconds) that training must not reach, ``unseen`` the viewers and ``cold`` the titles
    that it must not hold; ``candidates`` the only titles that may be answered, None for all.
    """

    scenario: str
    train: Ratings
    stages: tuple[Stage, ...]
    primary: tuple[str, ...]
    cut: float | None = None
    unseen: Ints = field(default_factory=_nothing)
    cold: Ints = field(default_factory=_nothing)
    candidates: Ints | None = None

    def known_by(self, stage: Stage) -> Ratings:
        """All that a model has been given when ``stage`` asks."""
        labels = [earlier.label for earlier in self.stages]
        told = [earlier.told for earlier in self.stages[: labels.index(stage.label) + 1]]
        return Ratings.joined(self.train, *told)


def random_split(ratings: Ratings, seed: int) -> Plan:
    """(a) A random fifth of each viewer's ratings is held out."""
    chance = np.random.default_rng(seed).random(len(ratings))
    held = _last(ratings, chance, HELD_SHARE)
    stage = Stage("random", Ratings.empty(), ratings.take(held))
    return Plan("random", ratings.take(~held), (stage,), ("random",))


def temporal_split(ratings: Ratings, seed: int) -> Plan:
    """(b) One moment for everybody, twice: what is fitted has seen nothing after it.

    First the viewers of both sides are asked for, nothing being told. Then the model is told
    the first half of what each viewer did after the moment, newcomers' as well, and is asked
    for the rest, as live events are folded in between two fits. That is the figure: viewers of
    both sides are few where most rate a catalogue in one evening.
    """
    cut = float(np.quantile(ratings.times, CUTS[seed % len(CUTS)]))
    train = ratings.take(ratings.times < cut)
    later = ratings.take(ratings.times >= cut)
    second = _last(later, later.times, 0.5)
    stages = (
        Stage("all before", Ratings.empty(), later.take(np.isin(later.viewers, train.viewers))),
        Stage("half after", later.take(~second), later.take(second)),
    )
    return Plan("temporal", train, stages, ("half after",), cut=cut)


def cold_viewers(ratings: Ratings, seed: int) -> Plan:
    """(c) A fifth of the viewers is unknown; they tell their first 1, 3, 5, 10 ratings."""
    unseen, theirs, train = _hold_viewers(ratings, seed, at_least=max(FIRST_EVENTS) + 1)
    rank, _ = _rank_within(theirs.viewers, theirs.times)
    stages, before = [], 0
    for events in FIRST_EVENTS:
        told = theirs.take((rank >= before) & (rank < events))
        stages.append(Stage(f"{events} events", told, theirs.take(rank >= events)))
        before = events
    labels = tuple(stage.label for stage in stages)
    return Plan("cold-viewers", train, tuple(stages), labels, unseen=unseen)


def cold_titles(ratings: Ratings, seed: int) -> Plan:
    """(d) A random 15% of the titles with five ratings or more lose every one of them."""
    rng = np.random.default_rng(seed)
    titles, counts = np.unique(ratings.titles, return_counts=True)
    enough = titles[counts >= COLD_TITLE_RATINGS]
    cold = np.sort(rng.choice(enough, int(len(enough) * COLD_TITLE_SHARE), replace=False))
    held = np.isin(ratings.titles, cold)
    train = ratings.take(~held)
    asked = ratings.take(held & np.isin(ratings.viewers, train.viewers))
    stage = Stage("cold titles", Ratings.empty(), asked)
    return Plan("cold-titles", train, (stage,), (stage.label,), cold=cold, candidates=cold)


def unseen_viewers(ratings: Ratings, seed: int) -> Plan:
    """(e) A fifth of the viewers is unknown; they tell a random four fifths of their ratings."""
    unseen, theirs, train = _hold_viewers(ratings, seed, at_least=5)
    chance = np.random.default_rng(seed + 1).random(len(theirs))
    held = _last(theirs, chance, HELD_SHARE)
    stage = Stage("unseen", theirs.take(~held), theirs.take(held))
    return Plan("unseen-viewers", train, (stage,), (stage.label,), unseen=unseen)


SCENARIOS: Mapping[str, Callable[[Ratings, int], Plan]] = MappingProxyType(
    {
        "a": random_split,
        "b": temporal_split,
        "c": cold_viewers,
        "d": cold_titles,
        "e": unseen_viewers,
    }
)


def known_at(data: DataSet, plan: Plan) -> DataSet:
    """``data`` as a model may know it: the training ratings, and no tag that tells more.

    Tags are written by viewers, so one of a held-out pair, of an unseen viewer, on a title
    that has no events yet, or from after the cut would give away what is to be found.
    """
    tags = data.tags
    hidden = np.isin(tags.viewers, plan.unseen) | np.isin(tags.titles, plan.cold)
    for stage in plan.stages:
        held = pairs(stage.held.viewers, stage.held.titles)
        hidden |= np.isin(pairs(tags.viewers, tags.titles), held)
    if plan.cut is not None:
        hidden |= ~(tags.times < plan.cut)
    return data.only(plan.train, tags.take(~hidden))


def _hold_viewers(ratings: Ratings, seed: int, at_least: int) -> tuple[Ints, Ratings, Ratings]:
    viewers, counts = np.unique(ratings.viewers, return_counts=True)
    enough = viewers[counts >= at_least]
    count = int(len(viewers) * HELD_SHARE)
    rng = np.random.default_rng(seed)
    unseen = np.sort(rng.choice(enough, min(count, len(enough)), replace=False))
    held = np.isin(ratings.viewers, unseen)
    return unseen, ratings.take(held), ratings.take(~held)


def _last(ratings: Ratings, keys: Floats, share: float) -> Bools:
    """[n], the rows that hold the largest ``share`` of ``keys`` of their viewer."""
    rank, size = _rank_within(ratings.viewers, keys)
    return rank >= size - np.floor(size * share).astype(np.int64)


def _rank_within(viewers: Ints, keys: Floats) -> tuple[Ints, Ints]:
    """[n], the place of each row among its viewer's by ``keys``, and how many these are."""
    # Equal keys are put in an order that has nothing to do with the titles' numbers.
    ties = np.random.default_rng(0).permutation(len(keys))
    order = np.lexsort((ties, keys, viewers))
    _, begins, inverse, counts = np.unique(
        viewers[order], return_index=True, return_inverse=True, return_counts=True
    )
    rank = np.empty(len(viewers), np.int64)
    rank[order] = np.arange(len(viewers)) - begins[inverse]
    size = np.empty(len(viewers), np.int64)
    size[order] = counts[inverse]
    return rank, size
