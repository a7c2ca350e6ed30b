"""What every scorer promises, asked of each."""

import numpy as np
import pytest

from recommender.interactions import FoldedHistory
from recommender.popularity import PopularityScorer
from tests.unit.recommender.support import SCORERS, folded_history


@pytest.fixture(params=SCORERS)
def scorer(request, model):
    return getattr(model.scorers, request.param)


@pytest.fixture(params=[0, 1, 3, 40])
def history(request, model, histories):
    return folded_history(model, histories, request.param)


def test_one_finite_score_for_every_title(scorer, history, model):
    scores = scorer(history)
    assert scores.shape == (len(model.titles),)
    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()


def test_the_same_history_scores_the_same(scorer, history):
    assert np.array_equal(scorer(history), scorer(history))


def test_the_history_is_left_as_it_is(scorer, history):
    before = FoldedHistory(history.titles.copy(), history.preferences.copy())
    scorer(history)
    assert np.array_equal(before.titles, history.titles)
    assert np.array_equal(before.preferences, history.preferences)


def test_scoring_leaves_the_scorer_as_it_is(scorer, history, model, histories):
    other = folded_history(model, histories, 7)
    before = scorer(history).copy()
    scorer(other)[:] = 0 if not isinstance(scorer, PopularityScorer) else scorer(other)
    assert np.array_equal(scorer(history), before)


@pytest.mark.parametrize("name", ["content", "collaborative", "linear"])
def test_no_history_says_nothing(name, model):
    nothing = FoldedHistory(np.zeros(0, np.int32), np.zeros(0, np.float32))
    assert not getattr(model.scorers, name)(nothing).any()


@pytest.mark.parametrize("name", ["content", "collaborative"])
def test_disliking_a_title_lowers_its_like(name, model):
    number = 0
    one = np.array([number], dtype=np.int32)
    scorer = getattr(model.scorers, name)
    similarity = scorer.similarity(number).copy()
    similarity[number] = -1
    nearest = int(np.argmax(similarity))
    likes = scorer(FoldedHistory(one, np.array([1.0], np.float32)))
    dislikes = scorer(FoldedHistory(one, np.array([-1.0], np.float32)))
    assert likes[nearest] > dislikes[nearest]


def test_two_scorers_asked_of_one_history_each_find_their_own_neighbours(model, histories):
    history = folded_history(model, histories, 10)
    whole = model.scorers.collaborative
    half = whole.of(
        whole.habits.take(np.arange(whole.habits.height // 2, dtype=np.int32)),
        whole.spread,
        whole.config,
    )
    alone = half(folded_history(model, histories, 10))
    whole(history)
    assert np.array_equal(half(history), alone)
    assert not np.array_equal(whole(history), alone)
