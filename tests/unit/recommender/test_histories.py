"""Histories as arrays say what the states say, one by one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.evaluation import liked, split_by_time
from recommender.histories import Histories
from recommender.preferences import preference
from tests.unit.recommender import strategies

everybody = st.dictionaries(st.sampled_from("abcdef"), strategies.histories, max_size=6)
INDEX = {f"t{n}": place for place, n in enumerate((3, 1, 2, 11, 7, 0, 15))}


@given(everybody)
def test_a_viewer_gets_back_what_went_in(histories):
    packed = Histories.of(histories)
    assert dict(packed.items()) == histories
    assert "nobody" not in packed
    assert Histories.of(packed) is packed


@given(everybody, st.sampled_from([1.0, strategies.NOW, 1e9]))
def test_preferences_times_and_likings_are_those_of_the_states(histories, now):
    found = Histories.of(histories).interactions(INDEX, now)
    matrix, wanted = found.preferences, []
    for row, viewer in enumerate(sorted(histories)):
        known = [(INDEX[t], state) for t, state in histories[viewer].items() if t in INDEX]
        known.sort(key=lambda pair: pair[0])
        wanted += [
            (row, n, pytest.approx(preference(s, now), abs=1e-6), s.last_event_at, liked(s))
            for n, s in known
        ]
    columns = (matrix.row_of, matrix.columns, matrix.data, found.times, found.liked)
    assert list(zip(*(column.tolist() for column in columns), strict=True)) == wanted
    assert (matrix.height, matrix.width) == (len(histories), len(INDEX))


@given(everybody, st.sampled_from([0.0, 0.3, 0.7]))
def test_a_split_in_time_is_the_one_of_the_states(histories, share):
    split = split_by_time(histories, share)
    states = [state for history in histories.values() for state in history.values()]
    assert sum(map(len, split.train.values())) == sum(s.last_event_at <= split.cut for s in states)
    cases = iter(split.cases)
    for viewer in sorted(histories):
        when = sorted(histories[viewer].values(), key=lambda s: (s.last_event_at, s.title_id))
        after = [state for state in when if state.last_event_at > split.cut]
        later = after[len(after) // 2 :]
        found = {state.title_id for state in later if liked(state)}
        if len(after) > 1 and found:
            case = next(cases)
            assert case.held_out == found
            assert set(case.given.values()) == set(when) - set(later)
    assert next(cases, None) is None


def test_cases_can_be_sampled(histories):
    cases = split_by_time(histories, 0.3).cases
    assert cases[1:9:3] == (cases[1], cases[4], cases[7])


def test_an_unknown_viewer_is_a_key_error(histories):
    with pytest.raises(KeyError):
        Histories.of(histories)["nobody"]
