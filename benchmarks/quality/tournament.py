"""One scenario: split, check for leaks, let every contender tune, fit and answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from benchmarks.quality.cache import Cache
from benchmarks.quality.contenders import Contender, Settings
from benchmarks.quality.data import DataSet
from benchmarks.quality.situation import Situation, situation
from benchmarks.quality.summary import Result, lead, row
from benchmarks.quality.trial import Answers, MakesFrames, Trial, ask, judge
from benchmarks.quality.tuning import Chooser

Said = Callable[[str, str], None]
Entry = tuple[Settings, Trial]


@dataclass(frozen=True)
class Round:
    """One seed of a scenario."""

    outer: Situation
    chooser: Chooser

    def enter(self, contender: Contender, said: Callable[[str], None]) -> Entry:
        """The contender's settings, chosen here, and its trial with them."""
        settings = self.chooser.choose(contender, said)
        said("fit and answers")

        def give() -> Answers:
            return ask(
                contender.name,
                contender.make(**settings),
                self.outer.plan,
                self.outer.data,
                self.chooser.frames,
            )

        kept = self.chooser.cache.answers(contender, settings, self.outer, timed=True, give=give)
        return settings, judge(kept, self.outer.plan, self.outer.data)

    def known(self, contender: Contender) -> Entry | None:
        """What :meth:`enter` would return, None where that takes a run."""
        settings = self.chooser.known(contender)
        if settings is None:
            return None
        kept = self.chooser.cache.find(contender, settings, self.outer, timed=True)
        return kept and (settings, judge(kept, self.outer.plan, self.outer.data))


@dataclass(frozen=True)
class Scenario:
    """All seeds of one scenario, split once for everybody."""

    letter: str
    rounds: tuple[Round, ...]

    @staticmethod
    def of(letter: str, data: DataSet, frames: MakesFrames, seeds: int, cache: Cache) -> Scenario:
        """Raises :class:`LeakageError` where a split knows what it must not."""
        outer = [situation(letter, data, seed) for seed in range(seeds)]
        return Scenario(
            letter, tuple(Round(one, Chooser(one.inner(), frames, cache)) for one in outer)
        )

    def play(
        self, contenders: Sequence[Contender], joining: Sequence[Contender], said: Said
    ) -> Result:
        """``contenders`` run where they have not before; those of ``joining`` whose answers
        are all kept join them. ``said`` hears (model, what it does).

        Raises :class:`LeakageError` where a model knows what it must not.
        """
        name = self.rounds[0].outer.plan.scenario
        entries: dict[str, list[Entry]] = {}
        for contender in contenders:
            if contender.takes_part(name):
                entries[contender.name] = self._entered(contender, said)
            said(contender.name, "done")
        for contender in joining:
            known = [one.known(contender) for one in self.rounds if contender.takes_part(name)]
            if known and None not in known:
                entries[contender.name] = [one for one in known if one is not None]
        everybody = (*contenders, *joining)
        absent = [one.name for one in everybody if not one.takes_part(name)]
        tried = {one.name: len(one.choices(self.letter)) for one in everybody}
        result = self._result(entries, absent, tried)
        left = [one.name for one in everybody if one.name not in {*entries, *absent}]
        return replace(result, unmeasured=left)

    def _entered(self, contender: Contender, said: Said) -> list[Entry]:
        def heard(what: str) -> None:
            said(contender.name, what)

        return [one.enter(contender, heard) for one in self.rounds]

    def _result(
        self,
        entries: Mapping[str, list[Entry]],
        absent: Sequence[str],
        tried: Mapping[str, int],
    ) -> Result:
        plans = [one.outer.plan for one in self.rounds]
        primary = plans[0].primary
        trials = {name: [trial for _, trial in found] for name, found in entries.items()}
        rows = [
            row(name, trials[name], primary, [settings for settings, _ in found], tried[name])
            for name, found in entries.items()
        ]
        rows.sort(key=lambda found: -found.figures["ndcg@10"])
        stages = [one for plan in plans for one in plan.stages if one.label in primary]
        return Result(
            scenario=plans[0].scenario,
            letter=self.letter,
            splits=len(plans),
            viewers=len({viewer for stage in stages for viewer in stage.viewers.tolist()}),
            primary=primary,
            rows=rows,
            absent=absent,
            lead=lead(rows, trials, primary),
        )
