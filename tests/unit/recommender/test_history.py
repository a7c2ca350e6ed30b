"""Events lead to the same state in any order, however often each arrives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.history import Signal, SignalKind, TitleState, merge, merge_all

VALUES = {
    SignalKind.POSITION: st.integers(0, 7200).map(float),
    SignalKind.RATE: st.none() | st.integers(1, 10).map(lambda half: half / 2),
    SignalKind.LIST: st.sampled_from([0.0, 1.0]),
}


@st.composite
def signals(draw):
    kind = draw(st.sampled_from(SignalKind))
    return Signal(
        title_id="t",
        kind=kind,
        occurred_at=float(draw(st.integers(1, 5))),  # few, so that times often coincide
        value=draw(VALUES.get(kind, st.none())),
        duration_seconds=draw(st.none() | st.integers(1, 9000).map(float)),
    )


def merged(given):
    state = TitleState(title_id="t")
    for signal in given:
        state = merge(state, signal)
    return state


@given(
    st.lists(signals(), max_size=12).flatmap(lambda s: st.tuples(st.just(s), st.permutations(s)))
)
def test_order_does_not_matter(orders):
    assert merged(orders[0]) == merged(orders[1])


@given(st.lists(signals(), max_size=8), st.data())
def test_repeats_do_not_matter(given_signals, data):
    again = data.draw(st.lists(st.sampled_from(given_signals), max_size=8)) if given_signals else []
    assert merged([*given_signals, *again]) == merged(given_signals)


@given(st.lists(signals(), max_size=6), st.lists(signals(), max_size=6))
def test_batches_merge_as_one_stream(first, second):
    states = merge_all(merge_all({}, first), second)
    assert states == merge_all({}, [*first, *second])


def test_a_signal_of_another_title_is_refused():
    signal = Signal(title_id="other", kind=SignalKind.COMPLETE, occurred_at=1)
    with pytest.raises(ValueError, match="'other' for title 't'"):
        merge(TitleState(title_id="t"), signal)


def test_merge_all_leaves_its_argument():
    states = {}
    merge_all(states, [Signal(title_id="t", kind=SignalKind.COMPLETE, occurred_at=1)])
    assert states == {}
