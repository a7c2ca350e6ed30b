"""One plan with what a model may know of it, and a digest that no other situation has."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.quality.data import DataSet, Ratings
from benchmarks.quality.leaks import plant, verify
from benchmarks.quality.splits import SCENARIOS, Plan, known_at

_INNER_SEED = 1000


@dataclass(frozen=True)
class Situation:
    """``plan`` of ``data``, with canaries. ``digest`` is of all that a model is given or asked:
    equal digests mean that equal models give equal answers."""

    letter: str
    seed: int
    plan: Plan
    data: DataSet
    digest: str

    def inner(self) -> Situation:
        """The same kind of split of what may be known here: what settings are chosen on."""
        return situation(self.letter, known_at(self.data, self.plan), self.seed + _INNER_SEED)


def situation(letter: str, data: DataSet, seed: int) -> Situation:
    """The scenario's plan of ``data``, verified (:class:`LeakageError`) and with canaries."""
    plan = SCENARIOS[letter](data.ratings, seed)
    verify(plan)
    plan = plant(plan, len(data.items), seed)
    return Situation(letter, seed, plan, data, _digest(plan, known_at(data, plan)))


def _digest(plan: Plan, known: DataSet) -> str:
    found = hashlib.sha256()
    for part in _parts(plan, known):
        found.update(len(part).to_bytes(8, "little"))
        found.update(part)
    return found.hexdigest()


def _parts(plan: Plan, known: DataSet) -> Iterator[bytes]:
    yield from _columns(plan.train)
    for stage in plan.stages:
        yield stage.label.encode()
        yield from _columns(stage.told)
        yield stage.viewers.tobytes()
        yield np.ascontiguousarray(stage.canaries).tobytes()
    yield b"all" if plan.candidates is None else plan.candidates.tobytes()
    tags = known.tags
    yield from (tags.viewers.tobytes(), tags.titles.tobytes(), repr(tags.words).encode())
    yield repr((known.items, known.viewer_ids, known.title_ids)).encode()


def _columns(ratings: Ratings) -> Iterator[bytes]:
    for column in (ratings.viewers, ratings.titles, ratings.values, ratings.times):
        yield np.ascontiguousarray(column).tobytes()
