"""No model may know what it is asked for. Two independent checks, both of which raise.

:func:`verify` reads the split itself. :func:`audit` reads the answers: before a model is asked,
:func:`plant` adds to what is held out pairs of a viewer and a title drawn by lot. Nothing that
is allowed to be known says anything about them, so a list of k titles out of n holds each with
probability k / n at most, whatever the model. One that finds many more has seen the held-out
part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from benchmarks.quality.data import Bools, Ints, Ratings, pairs
from benchmarks.quality.splits import Plan, Stage

CANARIES = 5
"""Planted titles for each viewer and stage."""
IMPOSSIBLE = 1e-9
"""An honest model passes :func:`audit` in all but this share of runs."""


class LeakageError(Exception):
    """Something that was to be found was known beforehand; the message names what and where."""


def verify(plan: Plan) -> None:
    """Raise :class:`LeakageError` where ``plan`` lets a model know what it must not."""
    _refuse(plan, "of an unseen viewer", plan.train, np.isin(plan.train.viewers, plan.unseen))
    if plan.cut is not None:
        _refuse(plan, "from after the cut", plan.train, ~(plan.train.times < plan.cut))
    known = plan.train
    for stage in plan.stages:
        known = Ratings.joined(known, stage.told)
        held = pairs(stage.held.viewers, stage.held.titles)
        theirs = np.isin(pairs(known.viewers, known.titles), held)
        _refuse(plan, f"held out for '{stage.label}'", known, theirs)
        _refuse(plan, "of a cold title", known, np.isin(known.titles, plan.cold))
        if plan.cut is not None:
            _verify_order(plan, stage)


def _verify_order(plan: Plan, stage: Stage) -> None:
    early = stage.held.times < plan.cut if plan.cut is not None else np.zeros(0, bool)
    if early.any():
        message = f"{plan.scenario}: {early.sum()} ratings of '{stage.label}' precede the cut"
        raise LeakageError(message)
    first: dict[int, float] = {}
    for viewer, time in zip(stage.held.viewers, stage.held.times, strict=True):
        first[int(viewer)] = min(time, first.get(int(viewer), np.inf))
    told = stage.told
    begins = np.array([first.get(int(viewer), np.inf) for viewer in told.viewers])
    _refuse(plan, f"told after '{stage.label}' begins", told, told.times > begins)


def _refuse(plan: Plan, what: str, known: Ratings, leaked: Bools) -> None:
    if leaked.any():
        row = int(np.flatnonzero(leaked)[0])
        raise LeakageError(
            f"{plan.scenario}: a model is given {int(leaked.sum())} ratings {what}, such as that"
            f" of viewer {known.viewers[row]} for title {known.titles[row]}"
        )


def plant(plan: Plan, titles: int, seed: int) -> Plan:
    """``plan`` with canaries in every stage; ``titles`` is how many the catalogue has."""
    rng = np.random.default_rng((seed, 0xCA))
    pool = np.arange(titles) if plan.candidates is None else plan.candidates
    known, stages = plan.train, []
    for stage in plan.stages:
        known = Ratings.joined(known, stage.told)
        seen = _titles_of(Ratings.joined(known, stage.held))
        planted = [
            (viewer, title)
            for viewer in stage.viewers
            for title in _draw(pool, seen[int(viewer)], rng)
        ]
        canaries = np.array(planted, np.int64).reshape(-1, 2)
        stages.append(replace(stage, canaries=canaries))
    return replace(plan, stages=tuple(stages))


def audit(model: str, plan: Plan, stage: Stage, lists: Ints, catalogue: int) -> None:
    """Raise :class:`LeakageError` when ``lists`` hold more canaries than an honest model can.

    ``lists`` [viewers of the stage, k] are title numbers, -1 for none. The bound is Chernoff's
    for a sum of indicators that are independent or negatively associated.
    """
    rows = np.searchsorted(stage.viewers, stage.canaries[:, 0])
    answered = pairs(np.repeat(stage.viewers, lists.shape[1]), lists.ravel())
    planted = pairs(stage.canaries[:, 0], stage.canaries[:, 1])
    hits = int(np.isin(planted, answered[lists.ravel() >= 0]).sum())
    # Titles a viewer has not seen and is not held out: where their canaries were drawn from.
    known = Ratings.joined(plan.known_by(stage), stage.held)
    pool = np.arange(catalogue) if plan.candidates is None else plan.candidates
    seen = np.unique(pairs(known.viewers, known.titles)[np.isin(known.titles, pool)]) >> 32
    left = len(pool) - np.bincount(seen, minlength=int(stage.viewers.max(initial=0)) + 1)
    shares = (lists >= 0).sum(axis=1) / np.maximum(left[stage.viewers], 1)
    expected = float(np.minimum(1.0, shares)[rows].sum())
    if chance_of(hits, expected) < IMPOSSIBLE:
        raise LeakageError(
            f"{plan.scenario}: {model} found {hits} of {len(stage.canaries)} planted titles for"
            f" '{stage.label}' where chance finds {expected:.1f}: it has seen what is held out"
        )


def chance_of(hits: int, expected: float) -> float:
    """An upper bound of the probability of ``hits`` or more where ``expected`` is the mean."""
    if hits <= expected:
        return 1.0
    if expected == 0.0:
        return 0.0
    return float(np.exp(hits - expected - hits * np.log(hits / expected)))


def _titles_of(ratings: Ratings) -> Mapping[int, Ints]:
    order = np.argsort(ratings.viewers, kind="stable")
    viewers, begins = np.unique(ratings.viewers[order], return_index=True)
    parts = np.split(ratings.titles[order], begins[1:])
    return dict(zip(viewers.tolist(), parts, strict=True))


def _draw(pool: Ints, seen: Ints, rng: np.random.Generator) -> Ints:
    left = pool[~np.isin(pool, seen)]
    return rng.choice(left, min(CANARIES, len(left)), replace=False)
