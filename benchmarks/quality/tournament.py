"""One scenario: split, check for leaks, let every contender tune, fit and answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.quality.contenders import Contender, Settings
from benchmarks.quality.data import DataSet
from benchmarks.quality.leaks import plant, verify
from benchmarks.quality.splits import SCENARIOS, Plan, known_at
from benchmarks.quality.summary import Result, lead, row
from benchmarks.quality.trial import MakesFrames, Trial, run
from benchmarks.quality.tuning import choose

Said = Callable[[str, str], None]


def play(
    letter: str,
    data: DataSet,
    frames: MakesFrames,
    contenders: Sequence[Contender],
    seeds: int,
    said: Said,
) -> Result:
    """Everybody on the plans of the scenario ``letter``; ``said`` hears (model, what it does).

    Raises :class:`LeakageError` where a split or a model knows what it must not.
    """
    plans = [plan_of(letter, data, seed) for seed in range(seeds)]
    scenario, primary = plans[0].scenario, plans[0].primary
    playing = [contender for contender in contenders if contender.takes_part(scenario)]
    trials: dict[str, list[Trial]] = {contender.name: [] for contender in playing}
    settings: dict[str, list[Settings]] = {contender.name: [] for contender in playing}
    for contender in playing:
        for seed, plan in enumerate(plans):
            chosen, trial = _enter(contender, letter, plan, data, frames, seed, said)
            settings[contender.name].append(chosen)
            trials[contender.name].append(trial)
            said(contender.name, "done")
    rows = [row(name, found, primary, settings[name]) for name, found in trials.items()]
    rows.sort(key=lambda found: -found.figures["ndcg@10"])
    return Result(
        scenario=scenario,
        letter=letter,
        viewers=len({viewer for plan in plans for viewer in plan.stages[0].viewers.tolist()}),
        primary=primary,
        rows=rows,
        absent=[contender.name for contender in contenders if contender not in playing],
        lead=lead(rows, trials, primary),
    )


def plan_of(letter: str, data: DataSet, seed: int) -> Plan:
    """The scenario's plan of ``data``, verified and with canaries."""
    plan = SCENARIOS[letter](data.ratings, seed)
    verify(plan)
    return plant(plan, len(data.items), seed)


def _enter(
    contender: Contender,
    letter: str,
    plan: Plan,
    data: DataSet,
    frames: MakesFrames,
    seed: int,
    said: Said,
) -> tuple[Settings, Trial]:
    def tuning(what: str) -> None:
        said(contender.name, what)

    known = known_at(data, plan)
    chosen, _ = choose(contender, letter, known, frames, seed, tuning)
    tuning("fit and answers")
    model = contender.make(**chosen)
    return chosen, run(contender.name, model, plan, data, frames, folds_in=contender.folds_in)
