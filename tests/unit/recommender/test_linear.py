"""The linear model of titles: exact shares, and rows that lose little."""

import numpy as np
import pytest

from recommender.gram import Gram, GramConfig
from recommender.interactions import FoldedHistory, Interactions
from recommender.linear import LinearConfig, LinearScorer
from recommender.preferences import strength
from recommender.sparse import SparseRows


def likings(seed=0, viewers=300, titles=40):
    """Two halves of a catalogue, each with its own viewers."""
    rng = np.random.default_rng(seed)
    half = titles // 2
    chance = np.where(
        (np.arange(viewers) % 2)[:, None] == (np.arange(titles) >= half)[None, :], 0.5, 0.04
    )
    rows, columns = np.nonzero(rng.random((viewers, titles)) < chance)
    values = rng.uniform(0.2, 1, len(rows)).astype(np.float32)
    matrix = SparseRows.of_triples(
        rows.astype(np.int32), columns.astype(np.int32), values, (viewers, titles)
    )
    return Interactions(matrix, np.zeros(len(rows)), values > 0.5)


def no_features(titles):
    nothing = np.zeros(0, dtype=np.int32)
    return SparseRows.of_triples(nothing, nothing, np.zeros(0, np.float32), (titles, 1))


def one(title, preference=1.0):
    return FoldedHistory(np.array([title], np.int32), np.array([preference], np.float32))


def fitted(fewest=3, **settings):
    gram = Gram.of(likings(), GramConfig(fewest=fewest))
    return LinearScorer.fit(gram, no_features(40), LinearConfig(ridge=20.0, **settings))


@pytest.fixture(scope="module")
def scorer():
    return fitted()


def test_liking_a_title_raises_the_titles_of_its_viewers(scorer):
    scores = scorer(one(3))
    assert scores[:20].sum() > 2 * abs(scores[20:].sum())


def test_a_dislike_lowers_what_a_liking_raises(scorer):
    liked, disliked = scorer(one(3)), scorer(one(3, -1.0))
    nearest = int(np.argmax(liked))
    assert liked[nearest] > 0 > disliked[nearest]


def test_a_title_says_nothing_about_itself(scorer):
    assert scorer(one(3))[3] == pytest.approx(0, abs=1e-6)


def test_shares_add_up_to_the_score(scorer):
    history = FoldedHistory(np.array([1, 4, 25], np.int32), np.array([1, -0.5, 0.4], np.float32))
    picks = np.array([0, 4, 7, 30], dtype=np.int32)
    shares = scorer.shares(picks, history)
    assert shares.sum(axis=1) == pytest.approx(scorer(history)[picks], abs=1e-5)


def test_the_low_rank_rest_keeps_what_cut_rows_lose():
    whole, bare, both = (fitted(kept=kept, rank=rank) for kept, rank in ((40, 1), (4, 1), (4, 12)))
    lost, left = (
        sum(float(np.abs(whole(one(t)) - cut(one(t))).sum()) for t in range(40))
        for cut in (bare, both)
    )
    assert left < 0.75 * lost


def test_titles_of_too_few_viewers_are_left_out():
    assert not fitted(fewest=10_000)(one(3)).any()


def test_a_title_that_is_not_learned_is_neither_heard_nor_scored():
    gram = Gram.of(likings(), GramConfig(most=30))
    scorer = LinearScorer.fit(gram, no_features(40), LinearConfig(ridge=20.0))
    left_out = np.setdiff1d(np.arange(40), gram.learned)
    assert not scorer(one(left_out[0])).any()
    scores = scorer(one(gram.learned[0]))
    assert scores.any()
    assert not scores[left_out].any()


def test_strength_rises_with_preference():
    inputs = strength(np.linspace(-1, 1, 41).astype(np.float32))
    assert (np.diff(inputs) >= -1e-6).all()
    assert (np.diff(inputs[20:]) > 0).all()
    assert inputs[0] < 0 < inputs[20]
