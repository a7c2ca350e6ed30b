import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.clocks import OLDEST_SECONDS, SLOWEST_REQUEST_SECONDS, corrected
from schemas.fields import CLOCK_BOUND, LATEST_MOMENT

NOW = 1_795_460_400.0
DAY = 86_400.0
readings = st.floats(min_value=-CLOCK_BOUND, max_value=CLOCK_BOUND).map(lambda at: round(at, 3))
moments = st.floats(min_value=0, max_value=LATEST_MOMENT).map(lambda at: round(at, 3))


@pytest.mark.parametrize(
    ("said", "sent_at", "expected"),
    [
        (NOW - 5, None, (NOW - 5, "client")),
        (NOW - 5, NOW - 1, (NOW - 5, "client")),
        (NOW - 5, NOW - SLOWEST_REQUEST_SECONDS, (NOW - 5, "client")),
        # Kept for a month without a network, by a good clock.
        (NOW - 30 * DAY, NOW - 1, (NOW - 30 * DAY, "client")),
        # An hour behind, an hour ahead, half a second ahead, never set.
        (NOW - 3700, NOW - 3600, (NOW - 160, "offset")),
        (NOW + 3500, NOW + 3600, (NOW - 100, "offset")),
        (NOW - 1, NOW + 0.5, (NOW - 1.5, "offset")),
        (120.0, 130.0, (NOW - 70, "offset")),
        # Before 1970; in milliseconds, in microseconds, and in milliseconds an hour ahead.
        (-500.0, -490.0, (NOW - 70, "offset")),
        (1e3 * NOW - 2e3, 1e3 * NOW, (NOW - 2, "client")),
        (1e6 * NOW - 2e6, 1e6 * NOW, (NOW - 2, "client")),
        (1e3 * NOW + 3.5e6, 1e3 * NOW + 3.6e6, (NOW - 100, "offset")),
        # Nothing to correct it by.
        (NOW + 3600, None, (NOW, "future")),
        (120.0, None, (NOW, "unset")),
        (None, None, (NOW, "none")),
        (None, NOW + 3600, (NOW, "none")),
        # Sent before it happened: no clock can be right.
        (NOW + 50, NOW, (NOW, "future")),
    ],
)
def test_a_clock_is_corrected_as_far_as_it_is_known_to_be_wrong(said, sent_at, expected):
    assert corrected(said, sent_at=sent_at, received_at=NOW) == expected


@given(st.none() | readings, st.none() | readings, moments)
def test_every_time_is_bounded(said, sent_at, received_at):
    at, _ = corrected(said, sent_at=sent_at, received_at=received_at)
    assert received_at - OLDEST_SECONDS <= at <= received_at


@given(
    skew=st.integers(-1_000_000, 1_000_000),
    ages=st.lists(st.integers(0, 3600), min_size=2, unique=True),
    later=st.integers(61, 100_000),
)
def test_a_wrong_clock_keeps_the_order_of_its_batch_however_often_it_is_sent(skew, ages, later):
    sent = NOW + skew
    said = [sent - age for age in ages]
    times = [corrected(at, sent_at=sent, received_at=NOW)[0] for at in said]
    again = [corrected(at, sent_at=sent + later, received_at=NOW + later)[0] for at in said]
    assert sorted(times, reverse=True) == [
        time for _, time in sorted(zip(ages, times, strict=True))
    ]
    assert len(set(times)) == len(ages)
    assert again == times


@given(
    skew=st.floats(-120, 120),
    gap=st.floats(1, 100),
    travels=st.tuples(st.floats(0, 0.9), st.floats(0, 0.9)),
)
@example(skew=SLOWEST_REQUEST_SECONDS - 0.1, gap=1.0, travels=(0.2, 0.05))
def test_a_slower_request_changes_no_order_of_what_lies_further_apart(skew, gap, travels):
    """One event sent at once, the one after it in a request of its own, at any offset."""
    first, second = (
        corrected(NOW + at - skew, sent_at=NOW + at - skew, received_at=NOW + at + travel)[0]
        for at, travel in zip((0.0, gap), travels, strict=True)
    )
    assert first < second
