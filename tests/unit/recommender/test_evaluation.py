import math

import pytest

from recommender import TitleState
from recommender.evaluation import Case, measure, ndcg, split_by_time


def rating(title_id, at, stars=5.0):
    return TitleState(title_id=title_id, rating=stars, rated_at=float(at))


def by_id(*states):
    return {state.title_id: state for state in states}


@pytest.mark.parametrize(
    ("hits", "relevant", "expected"),
    [
        ([True, True], 2, 1.0),
        ([False, True], 1, 1 / math.log2(3)),
        ([False, False], 3, 0.0),
        ([True] * 10, 50, 1.0),
        ([], 1, 0.0),
        ([], 0, 0.0),
    ],
)
def test_ndcg(hits, relevant, expected):
    assert ndcg(hits, relevant, 10) == pytest.approx(expected)


def test_the_past_trains_and_the_future_is_to_be_found():
    histories = {
        "early": by_id(*(rating(f"a{n}", n) for n in range(1, 7))),
        "late": by_id(rating("b", 2), *(rating(f"b{n}", 10 + n) for n in range(4))),
    }
    split = split_by_time(histories, 0.4)
    assert split.cut == 6
    assert all(s.last_event_at <= split.cut for h in split.train.values() for s in h.values())
    (case,) = split.cases
    # What the viewer did after the cut is folded in up to the half, the rest held out.
    assert set(case.given) == {"b", "b0", "b1"}
    assert case.held_out == {"b2", "b3"}


def test_no_interaction_gives_no_case():
    assert not split_by_time({}, 0.2).cases


def test_only_liked_titles_are_relevant():
    late = by_id(rating("x", 1), *(rating(f"y{n}", 10 + n, stars=2.0) for n in range(6)))
    assert not split_by_time({"v": late}, 0.9).cases


def test_measures_are_means_over_cases():
    cases = [Case({}, frozenset("a")), Case({}, frozenset("z"))]
    metrics = measure(lambda given: ["a", "b"], cases, catalogue=4)
    assert (metrics.ndcg, metrics.recall, metrics.coverage, metrics.cases) == (0.5, 0.5, 0.5, 2)
