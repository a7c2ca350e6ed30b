"""Tastes in a few dimensions: exact shares, places for titles nobody has watched."""

import numpy as np
import pytest

from recommender.gram import Gram, GramConfig
from recommender.interactions import FoldedHistory, Interactions
from recommender.latent import LatentConfig, LatentScorer, Placing
from recommender.sparse import SparseRows

TITLES, VIEWERS = 60, 400
KIND = np.arange(TITLES) % 3  # each title is of one kind, and its only feature is that
NEW = 57  # of kind 0: nobody has watched it
EVERYTHING = np.arange(TITLES, dtype=np.int32)


def world():
    """Viewers who each like one kind of titles and now and then another one."""
    rng = np.random.default_rng(5)
    likes = np.arange(VIEWERS)[:, None] % 3 == KIND[None, :]
    watched = rng.random((VIEWERS, TITLES)) < np.where(likes, 0.4, 0.02)
    watched[:, NEW] = False
    rows, columns = (found.astype(np.int32) for found in np.nonzero(watched))
    values = rng.uniform(0.4, 1, len(rows)).astype(np.float32)
    matrix = SparseRows.of_triples(rows, columns, values, (VIEWERS, TITLES))
    kinds = SparseRows.of_triples(
        EVERYTHING, KIND.astype(np.int32), np.ones(TITLES, np.float32), (TITLES, 3)
    )
    return Interactions(matrix, np.zeros(len(rows)), values > 0.5), kinds


def fitted(**settings):
    interactions, kinds = world()
    gram, config = Gram.of(interactions, GramConfig(**settings)), LatentConfig(rank=4)
    return LatentScorer.fit(gram, Placing.fit(kinds, gram.viewers, config), config)


@pytest.fixture(scope="module")
def scorer():
    return fitted()


def liking(*titles):
    return FoldedHistory(np.array(titles, np.int32), np.ones(len(titles), np.float32))


def test_a_title_nobody_has_watched_is_placed_by_its_features(scorer):
    assert scorer.unwatched.tolist() == (EVERYTHING == NEW).tolist()
    its_kind, another = scorer(liking(0, 3, 6))[NEW], scorer(liking(1, 4, 7))[NEW]
    assert its_kind > 3 * abs(another)


def test_liking_a_kind_raises_its_titles_above_all_others(scorer):
    scores = scorer(liking(1, 4))
    mine = (KIND == 1) & ~np.isin(EVERYTHING, [1, 4])
    assert scores[mine].min() > scores[KIND != 1].max()


def test_shares_add_up_to_the_scores(scorer):
    history, picks = liking(2, 5, 9), np.array([0, 8, 20, NEW], np.int32)
    shares = scorer.shares(picks, history)
    assert shares.sum(axis=1) == pytest.approx(scorer(history)[picks], rel=1e-4, abs=1e-6)


def test_a_title_says_nothing_about_itself(scorer):
    assert scorer(liking(4))[4] == pytest.approx(0, abs=1e-6)


def test_a_title_that_is_not_learned_is_placed_by_its_features():
    scorer = fitted(most=40)
    left_out = np.flatnonzero(~scorer.giving.any(axis=1))
    assert len(left_out) == TITLES - 40
    scores = scorer(liking(*(t for t in (1, 4, 7, 10, 13) if t not in left_out)))
    others = left_out[KIND[left_out] != 1]
    assert scores[left_out[KIND[left_out] == 1]].min() > scores[others].max()


def test_equal_data_gives_equal_factors():
    one, other = (fitted() for _ in range(2))
    assert np.array_equal(one.getting, other.getting)
