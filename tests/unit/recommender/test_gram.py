"""Sums over viewers: the same whichever way they are made, and exact when a few are left out."""

import numpy as np
import pytest

from recommender import gram as module
from recommender.gram import Gram, GramConfig, inverse, products
from recommender.interactions import Interactions
from recommender.preferences import strength
from recommender.sparse import SparseRows


def watched(seed=0, viewers=90, titles=40):
    rng = np.random.default_rng(seed)
    rows, columns = np.nonzero(rng.random((viewers, titles)) < rng.random(titles)[None, :] / 2)
    values = rng.uniform(-1, 1, len(rows)).astype(np.float32)
    shape = (viewers, titles)
    matrix = SparseRows.of_triples(rows.astype(np.int32), columns.astype(np.int32), values, shape)
    return Interactions(matrix, np.zeros(len(rows)), values > 0)


def dense(rows):
    everything = (np.arange(n, dtype=np.int32) for n in (rows.height, rows.width))
    return rows.dense(*everything)


@pytest.mark.parametrize("pair", [0.0, 1.0, 300.0, 1e9])
def test_products_by_pairs_and_in_blocks_agree(monkeypatch, pair):
    monkeypatch.setattr(module, "_PAIR", pair)
    monkeypatch.setattr(module, "_BLOCK", 7)
    rows = watched().preferences
    assert products(rows) == pytest.approx(dense(rows).T @ dense(rows), abs=1e-4)


def test_without_some_viewers_is_as_if_they_had_never_been():
    interactions = watched()
    held = np.array([3, 50, 89], dtype=np.int32)
    whole = Gram.of(interactions, GramConfig(fewest=1))
    left = whole.without(interactions, held)
    others = np.setdiff1d(np.arange(90), held).astype(np.int32)
    inputs = dense(interactions.preferences.take(others))
    inputs = np.where(inputs == 0, 0, strength(inputs))[:, whole.learned]
    assert left.products == pytest.approx(inputs.T @ inputs, abs=1e-4)
    assert left.viewers[whole.learned].tolist() == (inputs != 0).sum(axis=0).tolist()


def test_within_keeps_the_most_watched_titles():
    whole = Gram.of(watched(), GramConfig(fewest=1))
    part = whole.within(10)
    assert part.viewers[part.learned].min() >= np.sort(whole.viewers)[-10]
    places = np.searchsorted(whole.learned, part.learned)
    assert np.array_equal(part.products, whole.products[np.ix_(places, places)])
    assert whole.within(1_000) is whole


def test_titles_of_few_viewers_are_not_learned():
    whole = Gram.of(watched(), GramConfig(fewest=12))
    assert len(whole.learned)
    assert (whole.viewers[whole.learned] >= 12).all()
    assert (np.delete(whole.viewers, whole.learned) < 12).all()


@pytest.mark.parametrize("size", [1, 2, 7, 64])
def test_the_inverse_is_one(monkeypatch, size):
    monkeypatch.setattr(module, "_LEAF", 3)
    rows = np.random.default_rng(1).random((size + 4, size)).astype(np.float32)
    matrix = rows.T @ rows + np.eye(size, dtype=np.float32)
    inverted = inverse(matrix)
    assert inverted.dtype == np.float32
    assert inverted @ matrix == pytest.approx(np.eye(size), abs=1e-3)
