"""What each situation gives a model and asks of it."""

import numpy as np
import pytest

from benchmarks.quality.data import Ratings
from benchmarks.quality.splits import (
    FIRST_EVENTS,
    SCENARIOS,
    cold_titles,
    cold_viewers,
    random_split,
    temporal_split,
    unseen_viewers,
)

VIEWERS, EACH, TITLES = 60, 40, 200


@pytest.fixture(scope="module")
def ratings():
    """Viewers come one after the other, so that some are newcomers at any moment."""
    rng = np.random.default_rng(3)
    viewers = np.repeat(np.arange(VIEWERS), EACH)
    titles = np.concatenate([rng.choice(TITLES, EACH, replace=False) for _ in range(VIEWERS)])
    times = viewers * 10.0 + rng.uniform(0, 50, len(viewers))
    return Ratings(viewers, titles, rng.choice([2.0, 4.0, 5.0], len(viewers)), times)


def rows(*parts):
    joined = Ratings.joined(*parts)
    return sorted(zip(joined.viewers.tolist(), joined.titles.tolist(), strict=True))


@pytest.mark.parametrize("letter", "ae")
def test_a_fifth_of_each_asked_viewer_is_held_out(letter, ratings):
    held = SCENARIOS[letter](ratings, 0).stages[0].held
    assert set(np.bincount(held.viewers)[np.unique(held.viewers)]) == {EACH // 5}


def test_a_random_split_loses_nothing(ratings):
    plan = random_split(ratings, 0)
    assert rows(plan.train, plan.stages[0].held) == rows(ratings)


def test_in_time_training_ends_before_everything_else_begins(ratings):
    plan = temporal_split(ratings, 0)
    later = Ratings.joined(*(part for stage in plan.stages for part in (stage.told, stage.held)))
    assert plan.train.times.max() < plan.cut <= later.times.min()


def test_in_time_newcomers_tell_first_and_are_asked_then(ratings):
    plan = temporal_split(ratings, 0)
    before, after = plan.stages
    newcomers = np.setdiff1d(after.viewers, plan.train.viewers)
    assert len(newcomers)
    assert not np.isin(before.viewers, newcomers).any()
    for viewer in after.viewers:
        told = after.told.times[after.told.viewers == viewer]
        assert told.max() <= after.held.times[after.held.viewers == viewer].min()


def test_cold_viewers_tell_their_first_events_bit_by_bit(ratings):
    plan = cold_viewers(ratings, 0)
    for events, stage in zip(FIRST_EVENTS, plan.stages, strict=True):
        known = plan.known_by(stage)
        for viewer in stage.viewers:
            times = np.sort(ratings.times[ratings.viewers == viewer])
            told = known.times[known.viewers == viewer]
            assert np.sort(told).tolist() == times[:events].tolist()


def test_cold_titles_have_no_event_and_are_the_only_candidates(ratings):
    plan = cold_titles(ratings, 0)
    assert not np.isin(plan.train.titles, plan.candidates).any()
    assert set(plan.stages[0].held.titles) <= set(plan.candidates)


def test_unseen_viewers_are_in_no_training_row(ratings):
    plan = unseen_viewers(ratings, 0)
    (stage,) = plan.stages
    assert not np.isin(plan.train.viewers, stage.viewers).any()
    assert rows(plan.train, stage.told, stage.held) == rows(ratings)


def test_seeds_differ_and_a_seed_does_not(ratings):
    for split in SCENARIOS.values():
        one, same, other = split(ratings, 0), split(ratings, 0), split(ratings, 1)
        assert rows(one.train) == rows(same.train) != rows(other.train)
