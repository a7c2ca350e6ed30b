"""The sparse operations against dense numpy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from recommender.sparse import SparseRows

dense_matrices = st.tuples(st.integers(1, 6), st.integers(1, 6)).flatmap(
    lambda shape: arrays(np.float32, shape, elements=st.integers(-2, 2).map(float))
)


def sparse(dense):
    rows, columns = np.nonzero(dense)
    return SparseRows.of_triples(
        rows.astype(np.int32), columns.astype(np.int32), dense[rows, columns], dense.shape
    )


@given(dense_matrices)
def test_dot_mix_and_products_agree_with_dense(dense):
    matrix = sparse(dense)
    height, width = dense.shape
    every_row = np.arange(height, dtype=np.int32)
    vector = np.arange(1, width + 1, dtype=np.float32)
    weights = np.arange(1, height + 1, dtype=np.float32)
    assert matrix.dot(vector) == pytest.approx(dense @ vector)
    assert matrix.mix(every_row, weights) == pytest.approx(weights @ dense)
    assert matrix.products(every_row, every_row[::-1]) == pytest.approx(dense @ dense[::-1].T)
    assert matrix.norms == pytest.approx(np.linalg.norm(dense, axis=1))


@given(dense_matrices, st.data())
def test_taking_and_densifying_keep_places(dense, data):
    matrix = sparse(dense)
    rows = np.array(
        data.draw(st.lists(st.integers(0, dense.shape[0] - 1), max_size=4)), dtype=np.int32
    )
    columns = np.array(data.draw(st.permutations(range(dense.shape[1]))), dtype=np.int32)
    assert np.array_equal(matrix.dense(rows, columns), dense[rows][:, columns])
    kept = matrix.take(rows)
    everything = np.arange(len(rows), dtype=np.int32)
    in_order = np.arange(dense.shape[1], dtype=np.int32)
    assert np.array_equal(kept.dense(everything, in_order), dense[rows])


@given(dense_matrices)
def test_scaling_multiplies_rows_and_columns(dense):
    height, width = dense.shape
    rows = np.arange(height, dtype=np.float32)
    columns = np.arange(width, dtype=np.float32)
    scaled = sparse(dense).scaled(rows=rows, columns=columns)
    all_rows, all_columns = np.arange(height, dtype=np.int32), np.arange(width, dtype=np.int32)
    assert np.array_equal(
        scaled.dense(all_rows, all_columns), dense * rows[:, None] * columns[None, :]
    )


def test_the_last_row_that_a_narrow_number_can_name_is_read():
    height = 2**16
    starts = np.minimum(np.arange(height + 1), height - 1).astype(np.int32)
    starts[-1] += 1
    matrix = SparseRows(
        np.ones(height, dtype=np.float32), np.zeros(height, dtype=np.uint16), starts, 1
    )
    last = np.array([height - 1], dtype=np.uint16)
    for stored in (matrix, matrix.paired()):
        assert stored.take(last).data.tolist() == [1.0]


@pytest.mark.parametrize("kind", [np.float32, np.int8])
@pytest.mark.parametrize("width", [20, 2_000])  # rows that are read by value, and one by one
def test_pairs_give_the_same_rows(kind, width):
    rng = np.random.default_rng(1)
    dense = rng.integers(-3, 4, (30, width)).astype(np.float32)
    dense[7] = 0
    plain = sparse(dense)
    stored = SparseRows(
        plain.data.astype(kind), plain.columns.astype(np.uint16), plain.starts, width, 0.5
    )
    paired = stored.paired()
    weights = rng.random(30).astype(np.float32)
    columns = rng.permutation(width).astype(np.int32)[:15]
    for rows in ([], [7], [3, 7, 7, 29, 0], list(range(30))):
        asked = np.array(rows, dtype=np.int32)
        assert np.array_equal(paired.dense(asked, columns), dense[asked][:, columns] / 2)
        said = paired.mix(asked, weights[: len(rows)])
        assert np.array_equal(said, stored.mix(asked, weights[: len(rows)]))
        assert said == pytest.approx(weights[: len(rows)] @ dense[asked] / 2, abs=1e-4)
