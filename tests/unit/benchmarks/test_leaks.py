"""A planted leak is noticed, whether the split or the model is what leaks; an honest one passes."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.quality.data import Ratings
from benchmarks.quality.leaks import LeakageError, audit, chance_of, plant, verify
from benchmarks.quality.splits import SCENARIOS, random_split, temporal_split

TITLES = 400


@pytest.fixture(scope="module")
def ratings():
    rng = np.random.default_rng(3)
    viewers = np.repeat(np.arange(60), 40)
    titles = np.concatenate([rng.choice(TITLES, 40, replace=False) for _ in range(60)])
    values = rng.choice([2.0, 4.0, 5.0], len(viewers))
    return Ratings(viewers, titles, values, rng.permutation(len(viewers)).astype(float))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_honest_splits_pass(scenario, ratings):
    verify(SCENARIOS[scenario](ratings, 0))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_held_out_rows_in_training_are_noticed(scenario, ratings):
    plan = SCENARIOS[scenario](ratings, 0)
    leaked = plan.stages[-1].held.take(np.arange(3))
    with pytest.raises(LeakageError, match="a model is given"):
        verify(replace(plan, train=Ratings.joined(plan.train, leaked)))


def test_the_future_in_training_is_noticed(ratings):
    plan = temporal_split(ratings, 0)
    late = Ratings(
        np.array([0]), np.array([TITLES]), np.array([5.0]), np.array([plan.cut], dtype=float)
    )
    with pytest.raises(LeakageError, match="from after the cut"):
        verify(replace(plan, train=Ratings.joined(plan.train, late)))


def lists(plan, stage, answer):
    return np.array([answer(int(viewer)) for viewer in stage.viewers], dtype=np.int64)


def test_a_model_that_has_seen_the_held_out_part_is_noticed(ratings):
    plan = plant(random_split(ratings, 0), TITLES, seed=1)
    (stage,) = plan.stages

    def cheat(viewer):
        planted = [title for owner, title in stage.canaries if owner == viewer]
        found = stage.held.titles[stage.held.viewers == viewer].tolist()
        return (planted + found)[:10]

    with pytest.raises(LeakageError, match="it has seen what is held out"):
        audit("cheat", plan, stage, lists(plan, stage, cheat), TITLES)


def test_an_honest_model_passes_the_audit(ratings):
    plan = plant(random_split(ratings, 0), TITLES, seed=1)
    (stage,) = plan.stages
    popular = np.argsort(-np.bincount(plan.train.titles, minlength=TITLES), kind="stable")

    def honest(viewer):
        seen = plan.train.titles[plan.train.viewers == viewer]
        return popular[~np.isin(popular, seen)][:10].tolist()

    audit("popular", plan, stage, lists(plan, stage, honest), TITLES)


def test_the_bound_falls_with_the_hits():
    assert chance_of(3, 3.0) == 1.0
    assert chance_of(60, 3.0) < 1e-9 < chance_of(6, 3.0)
