"""The linear model of titles: either way to the inverse, exact shares, rows that lose little."""

import numpy as np
import pytest

from recommender.interactions import FoldedHistory, Interactions
from recommender.linear import (
    LinearConfig,
    LinearScorer,
    _add_pairs,
    _dense,
    _inverse_by_rows,
    _ridge,
)
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


@pytest.fixture(scope="module")
def scorer():
    return LinearScorer.fit(likings(), no_features(40), LinearConfig(ridge=20.0))


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
    whole, bare, both = (
        LinearScorer.fit(likings(), no_features(40), LinearConfig(ridge=20.0, kept=kept, rank=rank))
        for kept, rank in ((40, 1), (4, 1), (4, 12))
    )
    lost, left = (
        sum(float(np.abs(whole(one(t)) - cut(one(t))).sum()) for t in range(40))
        for cut in (bare, both)
    )
    assert left < 0.75 * lost


def test_both_ways_to_the_inverse_agree():
    config = LinearConfig(ridge=5.0)
    rows = np.random.default_rng(1).random((12, 30)).astype(np.float32)
    gram = rows.T @ rows
    gram[np.diag_indices(30)] += _ridge(np.diag(gram).copy(), config)
    assert _inverse_by_rows(rows, config) == pytest.approx(np.linalg.inv(gram), abs=1e-4)


def test_both_ways_to_the_gram_matrix_agree():
    matrix = likings().preferences
    slot = np.arange(40, dtype=np.int32) - 5  # the first five titles are left out
    whole = _dense(matrix, 0, matrix.height, slot, 35)
    gram = np.ones((35, 35), dtype=np.float32)
    _add_pairs(gram, matrix, slot)
    assert gram == pytest.approx(1 + whole.T @ whole, rel=1e-4)


def test_titles_of_too_few_viewers_are_left_out():
    config = LinearConfig(fewest=10_000)
    assert not LinearScorer.fit(likings(), no_features(40), config)(one(3)).any()


def test_strength_rises_with_preference():
    inputs = strength(np.linspace(-1, 1, 41).astype(np.float32))
    assert (np.diff(inputs) >= -1e-6).all()
    assert (np.diff(inputs[20:]) > 0).all()
    assert inputs[0] < 0 < inputs[20]
