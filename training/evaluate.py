"""A held-out slice of time: the model beside popularity and each scorer on its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from recommender.blend import SCORERS, Blend
from recommender.catalogue import Viewer
from recommender.evaluation import Case, Metrics, measure, split_by_time
from recommender.interactions import History
from recommender.model import Model
from recommender.training import TrainingConfig, fit
from training.data import TrainingData

K = 10
_MOST_CASES = 5_000


@dataclass(frozen=True)
class Evaluation:
    """``hybrid`` as it is served, ``alone`` each scorer by name."""

    hybrid: Metrics
    alone: dict[str, Metrics]


def evaluate(data: TrainingData, share: float, config: TrainingConfig) -> Evaluation:
    """Fit without the latest ``share`` of ``data`` and ask for what viewers liked in it."""
    split = split_by_time(data.histories, share)
    # Enough of them for a third digit, and no more than take minutes.
    cases = split.cases[:: max(1, -(-len(split.cases) // _MOST_CASES))]
    if not cases:
        nothing = Metrics(ndcg=0.0, recall=0.0, coverage=0.0, cases=0)
        return Evaluation(nothing, dict.fromkeys(SCORERS, nothing))
    model = fit(data.titles, split.train, version="evaluation", now=split.cut, config=config)
    alone = {name: _measure(only(model, name), cases, split.cut) for name in SCORERS}
    return Evaluation(_measure(model, cases, split.cut), alone)


def only(model: Model, scorer: str) -> Model:
    """``model`` with one scorer having all the say, and no diversity."""
    weights = tuple(float(name == scorer) for name in SCORERS)
    scorers = replace(model.scorers, blend=Blend((0,), (weights,)))
    ranker = replace(model.ranker, diversity=0.0)
    return Model(model.version, model.index.titles, scorers, ranker)


def answers(model: Model, now: float) -> Callable[[History], Sequence[str]]:
    """``model`` as a function from a history to its ten best title ids."""
    viewer = Viewer()

    def answer(history: History) -> list[str]:
        picks = model.recommend(history, viewer, limit=K, now=now)
        return [pick.title_id for pick in picks]

    return answer


def _measure(model: Model, cases: Sequence[Case], now: float) -> Metrics:
    return measure(answers(model, now), cases, catalogue=len(model.titles), k=K)
