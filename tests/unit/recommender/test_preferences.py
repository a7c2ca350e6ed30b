import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.history import TitleState
from recommender.preferences import FLOOR, HALF_LIFE, decay, preference

NOW = 1_000_000_000.0
times = st.none() | st.floats(1, 2 * NOW)


def state(**fields):
    return TitleState(title_id="t", **fields)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"rating": 5.0, "rated_at": NOW}, 1.0),
        ({"rating": 2.5, "rated_at": NOW}, 0.0),
        ({"rating": 0.5, "rated_at": NOW}, -1.0),
        ({"completed_at": NOW}, 0.6),
        ({"abandoned_at": NOW}, -0.5),
        ({"completed_at": NOW - 1, "abandoned_at": NOW}, -0.5),
        ({"dismissed_at": NOW}, -1.0),
        ({"listed": True, "listed_at": NOW}, 0.4),
        ({"position_seconds": 900.0, "duration_seconds": 3600.0, "position_at": NOW}, 0.1),
        ({"position_seconds": 900.0, "position_at": NOW}, 0.2),
        ({}, 0.0),
    ],
)
def test_each_part_has_its_value(fields, expected):
    assert preference(state(**fields), NOW) == pytest.approx(expected)


def test_a_rating_speaks_instead_of_the_watching():
    assert preference(state(completed_at=NOW, rating=1.0, rated_at=NOW), NOW) < 0


def test_decay_halves_towards_the_floor():
    assert decay(NOW, NOW - HALF_LIFE) == pytest.approx(FLOOR + (1 - FLOOR) / 2)
    assert decay(NOW, 0.0 - 100 * HALF_LIFE) == pytest.approx(FLOOR)


def test_an_event_from_the_future_counts_as_now():
    assert decay(NOW, NOW + 1e6) == 1


@given(
    st.none() | st.floats(0.5, 5),
    times,
    times,
    times,
    times,
    st.booleans(),
    st.none() | st.floats(0, 1e5),
    st.none() | st.floats(0, 1e5),
)
def test_a_preference_is_between_minus_one_and_one(
    rating, rated_at, completed_at, abandoned_at, dismissed_at, listed, position, duration
):
    value = preference(
        state(
            rating=rating,
            rated_at=rated_at,
            completed_at=completed_at,
            abandoned_at=abandoned_at,
            dismissed_at=dismissed_at,
            listed=listed,
            position_seconds=position,
            position_at=rated_at,
            duration_seconds=duration,
        ),
        NOW,
    )
    assert -1 <= value <= 1
