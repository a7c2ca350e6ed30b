"""Each peer's settings, chosen on the same kind of split of the training data alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.quality.cache import Cache
from benchmarks.quality.contenders import Contender, Settings
from benchmarks.quality.metrics import TOP, hits_of, ndcg
from benchmarks.quality.situation import Situation
from benchmarks.quality.splits import Plan
from benchmarks.quality.trial import Answers, MakesFrames, ask


@dataclass(frozen=True)
class Chooser:
    """Where a contender's settings are chosen: ``inner`` is the situation's own split."""

    inner: Situation
    frames: MakesFrames
    cache: Cache

    def choose(self, contender: Contender, said: Callable[[str], None]) -> Settings:
        """The settings of the highest nDCG@10 among the contender's."""
        grid = contender.choices(self.inner.letter)
        if len(grid) == 1:
            return grid[0]
        found = []
        for place, settings in enumerate(grid, start=1):
            said(f"settings {place} of {len(grid)}")
            found.append(primary(self._answers(contender, settings), self.inner.plan))
        return grid[int(np.argmax(found))]

    def known(self, contender: Contender) -> Settings | None:
        """What :meth:`choose` would choose, None where that takes a run."""
        grid = contender.choices(self.inner.letter)
        if len(grid) == 1:
            return grid[0]
        kept = [self.cache.find(contender, one, self.inner, timed=False) for one in grid]
        found = [primary(one, self.inner.plan) for one in kept if one is not None]
        return grid[int(np.argmax(found))] if len(found) == len(grid) else None

    def _answers(self, contender: Contender, settings: Settings) -> Answers:
        def give() -> Answers:
            return ask(
                contender.name,
                contender.make(**settings),
                self.inner.plan,
                self.inner.data,
                self.frames,
                timed=False,
            )

        return self.cache.answers(contender, settings, self.inner, timed=False, give=give)


def primary(answers: Answers, plan: Plan) -> float:
    """nDCG@10, the mean over the plan's primary stages."""
    stages = [stage for stage in plan.stages if stage.label in plan.primary]
    found = [hits_of(stage, answers.lists[stage.label][:, :TOP]) for stage in stages]
    return float(np.mean([ndcg(hits, relevant).mean() for hits, relevant in found]))
