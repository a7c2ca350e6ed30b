"""Settings are learned from viewers the scorers have not seen, and from nothing else."""

import numpy as np
import pytest

from recommender.blend import SCORERS, Blend
from recommender.features import BLOCKS
from recommender.histories import Histories
from recommender.rehearsal import FIRST_TITLES, newcomers
from recommender.sparse import SparseRows
from recommender.tuning import BlendLesson, best_half_life, block_weights
from scripts.importers.sample import END as NOW


@pytest.fixture(scope="module")
def interactions(histories, model):
    return Histories.of(histories).interactions(model.index.numbers, NOW)


def test_newcomers_are_not_among_those_fitted_on(interactions):
    matrix = interactions.preferences
    for rehearsal in newcomers(interactions):
        left = rehearsal.interactions.preferences
        emptied = np.flatnonzero(left.lengths < matrix.lengths)
        assert len(emptied) == matrix.height // 5
        assert not left.lengths[emptied].any()
        rows = [set(matrix.columns[slice(*matrix.starts[v : v + 2])].tolist()) for v in emptied]
        for case in rehearsal.cases:
            of_case = {*case.given.titles.tolist(), *case.held_out.tolist()}
            assert any(of_case <= row for row in rows)


def test_what_is_to_be_found_is_liked_and_not_given(interactions):
    matrix = interactions.preferences
    liked_titles = set(matrix.columns[interactions.liked].tolist())
    lengths = set()
    for rehearsal in newcomers(interactions):
        for case in rehearsal.cases:
            lengths.add(len(case.given))
            assert not set(case.given.titles.tolist()) & set(case.held_out.tolist())
            assert set(case.held_out.tolist()) <= liked_titles
    assert set(FIRST_TITLES) <= lengths


def test_few_viewers_are_not_held_out(interactions):
    few = {f"v{n}": {} for n in range(3)}
    assert list(newcomers(Histories.of(few).interactions({"a": 0}, NOW))) == []


def test_a_blend_that_no_case_spoke_for_is_the_default():
    assert BlendLesson().blend() == Blend()


def test_a_lesson_leans_to_the_scorer_that_finds_what_is_to_be_found(model, interactions):
    """The cases are made so that popularity alone is right, however long the history."""
    favourites = np.argsort(-model.scorers.popularity.scores)[:40].astype(np.int32)
    lesson = BlendLesson()
    for rehearsal in newcomers(interactions):
        cases = [
            type(case)(case.given, np.setdiff1d(favourites, case.given.titles)[:10])
            for case in rehearsal.cases
        ]
        lesson.learn(model.scorers, cases)
    learned = np.array(lesson.blend().weights)
    popularity = SCORERS.index("popularity")
    # With a title or two the defaults are nearly as right.
    assert (learned[2:, popularity] > np.array(Blend().weights)[2:, popularity] + 0.01).all()
    assert learned.sum(axis=1) == pytest.approx(1, abs=1e-3)


def test_the_best_half_life_is_that_of_the_highest_quality():
    assert best_half_life((30.0, 90.0), (0.1, 0.2)).half_life_days == 90.0


def test_block_weights_find_the_block_that_likings_follow():
    """Titles are liked by director; the genre is chance."""
    rng = np.random.default_rng(2)
    titles, director = 90, np.arange(90) % 9
    likings = np.eye(9)[director] + rng.normal(0, 0.1, (titles, 9))
    rows = np.concatenate([np.arange(titles)] * 2).astype(np.int32)
    columns = np.concatenate([rng.integers(0, 4, titles), 4 + director]).astype(np.int32)
    features = SparseRows.of_triples(rows, columns, np.ones(2 * titles, np.float32), (titles, 13))
    block_of = np.array([BLOCKS.index("genre")] * 4 + [BLOCKS.index("director")] * 9, np.int32)
    weights = block_weights(features, block_of, likings, np.full(titles, 20, np.int32))
    assert weights.director > 0.9
    assert weights.genre < 0.1


def test_a_blend_is_interpolated_over_the_logarithm_of_the_length():
    blend = Blend()
    knots, columns = np.log1p(blend.lengths), np.array(blend.weights).T
    for length in (0, 1, 2, 10, 17, 99, 100, 5_000):
        expected = [np.interp(np.log1p(length), knots, column) for column in columns]
        assert np.allclose(blend.at(length), expected, rtol=0, atol=1e-12)
