"""Each peer's settings, chosen on the same kind of split of the training data alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.quality.contenders import Contender, Settings
from benchmarks.quality.data import DataSet
from benchmarks.quality.leaks import verify
from benchmarks.quality.splits import SCENARIOS, Plan, known_at
from benchmarks.quality.trial import MakesFrames, Trial, run


def choose(
    contender: Contender,
    scenario: str,
    known: DataSet,
    frames: MakesFrames,
    seed: int,
    said: Callable[[str], None],
) -> tuple[Settings, dict[str, float]]:
    """The best of the contender's settings, and the nDCG@10 of each (by its text).

    ``known`` is what a model may know, see ``splits.known_at``; ``scenario`` is its letter.
    """
    if len(contender.grid) == 1:
        return contender.grid[0], {}
    plan = SCENARIOS[scenario](known.ratings, seed + 1000)
    verify(plan)
    found: dict[str, float] = {}
    for place, settings in enumerate(contender.grid, start=1):
        said(f"settings {place} of {len(contender.grid)}")
        model = contender.make(**settings)
        # The plan's own tags are hidden once more, as they are for the table.
        trial = run(
            contender.name,
            model,
            plan,
            known_at(known, plan),
            frames,
            folds_in=contender.folds_in,
            timed=False,
        )
        found[str(settings)] = primary(trial, plan)
    best = int(np.argmax(list(found.values())))
    return contender.grid[best], found


def primary(trial: Trial, plan: Plan) -> float:
    """nDCG@10, the mean over the plan's primary stages."""
    values = [trial.qualities[label].means()["ndcg@10"] for label in plan.primary]
    return float(np.mean(values))
