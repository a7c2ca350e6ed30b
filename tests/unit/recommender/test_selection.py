"""The largest of many: as sorting finds them, whatever the ties."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from recommender.selection import largest

VALUES = arrays(
    np.float32,
    st.integers(0, 3_000),
    elements=st.sampled_from([0.0, 0.25, 0.5, 1.0, -1.0, float("-inf")]),
    fill=st.just(np.float32(0)),
)


@given(VALUES, st.integers(0, 200))
def test_it_finds_what_sorting_finds(values, count):
    places = largest(values, count)
    possible = np.sort(values[values > -np.inf])[::-1]
    if count == 0 or not len(possible):
        assert not len(places)
        return
    last = possible[min(count, len(possible)) - 1]
    assert places.tolist() == np.flatnonzero(values >= last).tolist()


def test_of_many_different_numbers_exactly_so_many_are_found():
    values = np.random.default_rng(1).random(50_000).astype(np.float32)
    places = largest(values, 300)
    assert sorted(values[places]) == sorted(np.sort(values)[-300:])
