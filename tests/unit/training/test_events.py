"""Events in columns come to the histories that merging them one by one comes to."""

from hypothesis import given
from hypothesis import strategies as st

from recommender.history import Signal, SignalKind, TitleState, merge
from training.events import Events

TITLES = ("t2", "t1", "t9")
signals = st.builds(
    Signal,
    title_id=st.sampled_from((*TITLES, "gone")),
    kind=st.sampled_from(SignalKind),
    occurred_at=st.sampled_from([1.0, 2.0, 3.0]),
    value=st.none() | st.sampled_from([0.0, 1.0, 4.5]),
    duration_seconds=st.none() | st.sampled_from([60.0, 90.0]),
).filter(lambda s: s.value is not None or s.kind not in (SignalKind.POSITION, SignalKind.LIST))


@given(st.lists(st.tuples(st.sampled_from("abc"), signals), max_size=30))
def test_columns_merge_as_states_do(told):
    expected = {}
    for viewer, signal in told:
        if signal.title_id in TITLES:
            states = expected.setdefault(viewer, {})
            state = states.get(signal.title_id) or TitleState(title_id=signal.title_id)
            states[signal.title_id] = merge(state, signal)
    events = Events()
    events.add(told[: len(told) // 2], TITLES)
    events.add(told[len(told) // 2 :], TITLES)
    assert dict(events.histories().items()) == expected
    times = [signal.occurred_at for _, signal in told if signal.title_id in TITLES]
    assert (events.oldest, events.newest) == (min(times, default=0), max(times, default=0))
    assert len(events) == len(times)
