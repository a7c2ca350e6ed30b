"""Run one model through one plan: fit, tell, ask, time; then check and measure its answers."""

from __future__ import annotations

import pickle
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from benchmarks.quality.data import DataSet, Floats, Ints, Ratings, pairs
from benchmarks.quality.leaks import audit
from benchmarks.quality.metrics import DEPTH, TOP, Quality, long_tail, measure
from benchmarks.quality.splits import Plan, Stage, known_at

TIMED_REQUESTS = 200
Times = Floats


class BadAnswerError(Exception):
    """A model answered what it must not: a title twice, unknown, seen, or no candidate."""


class MakesFrames(Protocol):
    """How arrays become what models take; see ``frames.Frames``."""

    def interactions(self, ratings: Ratings) -> Any: ...

    def items(self, known: DataSet) -> Any: ...

    def viewer_ids(self, viewers: Ints) -> list[Any]: ...

    def title_ids(self, titles: Ints) -> list[Any]: ...


@dataclass(frozen=True)
class Answers:
    """What a model said. ``lists`` are by the stage's label, [viewers of the stage, DEPTH]
    title numbers, -1 where a list ends early.
    ``latencies`` [requests] are milliseconds, one viewer each.

    Times are of the processor, on one thread: what else the machine does doesn't count.
    """

    lists: Mapping[str, Ints]
    fit_seconds: float
    latencies: Times = field(default_factory=lambda: np.zeros(0))
    artifact_bytes: int = 0


@dataclass(frozen=True)
class Trial:
    """``answers`` and how good they are, by the stage's label."""

    qualities: Mapping[str, Quality]
    answers: Answers


def ask(
    name: str,
    model: Any,
    plan: Plan,
    data: DataSet,
    frames: MakesFrames,
    *,
    timed: bool = True,
) -> Answers:
    """What ``model`` says on ``plan``, a plan of ``data``.

    Raises :class:`BadAnswerError`, and :class:`LeakageError` when the answers know the
    canaries.
    """
    interactions, items = frames.interactions(plan.train), frames.items(known_at(data, plan))
    begun = time.process_time()
    model.fit(interactions, items)
    fit_seconds = time.process_time() - begun
    asking = _Asking(name, model, plan, frames, len(data.items))
    lists: dict[str, Ints] = {}
    for stage in plan.stages:
        if len(stage.told):
            model.update(frames.interactions(stage.told))
        lists[stage.label] = asking.lists(stage)
        audit(name, plan, stage, lists[stage.label], len(data.items))
    if not timed:
        return Answers(lists, fit_seconds)
    return Answers(lists, fit_seconds, asking.latencies(stage), size_of(model))


def judge(answers: Answers, plan: Plan, data: DataSet) -> Trial:
    """How good ``answers`` to ``plan`` are."""
    tail = long_tail(plan.train, len(data.items))
    qualities = {
        stage.label: measure(stage, answers.lists[stage.label], tail, data.items, plan.candidates)
        for stage in plan.stages
    }
    return Trial(qualities, answers)


def size_of(model: Any) -> int:
    """Bytes of what would be shipped: the ``artifact`` where a model has one, else its pickle."""
    artifact = getattr(model, "artifact", None)
    return len(artifact if isinstance(artifact, bytes) else pickle.dumps(model, protocol=5))


class _Asking:
    def __init__(
        self, name: str, model: Any, plan: Plan, frames: MakesFrames, catalogue: int
    ) -> None:
        self._name, self._model, self._frames, self._plan = name, model, frames, plan
        pool = np.arange(catalogue) if plan.candidates is None else plan.candidates
        ids = frames.title_ids(pool)
        self._candidates = None if plan.candidates is None else ids
        self._numbers = dict(zip(ids, pool.tolist(), strict=True))

    def lists(self, stage: Stage) -> Ints:
        """[viewers of the stage, DEPTH] title numbers, -1 where the list ends early."""
        viewers = self._frames.viewer_ids(stage.viewers)
        answers = self._model.recommend(viewers, DEPTH, True, self._candidates)
        lists = np.full((len(viewers), DEPTH), -1, np.int64)
        for row, viewer in enumerate(viewers):
            answered = answers.get(viewer, ())
            unknown = [title for title in answered if title not in self._numbers]
            if unknown or len(answered) > DEPTH:
                what = f"{unknown[0]!r}, no candidate" if unknown else f"{len(answered)} titles"
                raise BadAnswerError(f"{self._name} answers viewer {viewer!r} with {what}")
            lists[row, : len(answered)] = [self._numbers[title] for title in answered]
        self._check(stage, lists)
        return lists

    def latencies(self, stage: Stage) -> Times:
        """[requests] milliseconds of asking for ten titles, one viewer at a time."""
        taken = []
        for viewer in self._frames.viewer_ids(stage.viewers)[:TIMED_REQUESTS]:
            begun = time.process_time()
            self._model.recommend([viewer], TOP, True, self._candidates)
            taken.append(1000 * (time.process_time() - begun))
        return np.array(taken)

    def _check(self, stage: Stage, lists: Ints) -> None:
        asked = pairs(np.repeat(stage.viewers, lists.shape[1]), lists.ravel())[lists.ravel() >= 0]
        if len(np.unique(asked)) < len(asked):
            raise BadAnswerError(f"{self._name} answers a title twice")
        known = self._plan.known_by(stage)
        if np.isin(asked, pairs(known.viewers, known.titles)).any():
            raise BadAnswerError(f"{self._name} answers a title that the viewer has seen")
