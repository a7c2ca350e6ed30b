"""The kernel is near to the products that it stands for, and exact where a catalogue is small."""

import numpy as np
import pytest

from recommender.content import ContentConfig, ContentScorer
from recommender.interactions import FoldedHistory
from recommender.kernel import Kernel
from recommender.sparse import SparseRows


def features(titles, common, rare, seed=0):
    """Rows of a few common features and some of the many rare ones."""
    rng = np.random.default_rng(seed)
    usual = 0.5 / (1 + np.arange(common) / 5)  # few are very common, as genres and words are
    chances = np.concatenate([usual, np.full(rare, 8 / titles)])
    rows, columns = np.nonzero(rng.random((titles, common + rare)) < chances)
    values = rng.random(len(rows)).astype(np.float32)
    shape = (titles, common + rare)
    return SparseRows.of_triples(rows.astype(np.int32), columns.astype(np.int32), values, shape)


@pytest.fixture(scope="module")
def small():
    return features(300, 30, 200)


def test_products_and_sums_are_those_of_the_features(small):
    kernel = Kernel.fit(small)
    left, right = (np.array(some, dtype=np.int32) for some in ([3, 50, 7], [9, 200]))
    assert kernel.products(left, right) == pytest.approx(small.products(left, right), abs=1e-4)
    weights = np.array([1.0, -0.5, 0.2], dtype=np.float32)
    whole = small.dot(small.mix(left, weights))
    whole[left] -= weights * small.norms[left] ** 2
    assert kernel.mix(left, weights) == pytest.approx(whole, abs=1e-4)


def test_a_large_kernel_orders_titles_as_the_features_do():
    rows = features(2_000, 150, 3_000)
    block_of = np.zeros(rows.width, dtype=np.int32)
    exact = ContentScorer.weighted(rows, block_of, ContentConfig())
    quick = ContentScorer(exact.features, exact.centre, Kernel.fit(exact.features))
    history = FoldedHistory(np.arange(0, 200, 8, dtype=np.int32), np.ones(25, np.float32))
    one, other = exact(history), quick(history)
    assert np.corrcoef(one, other)[0, 1] > 0.94
    assert len(set(np.argsort(-one)[:50]) & set(np.argsort(-other)[:50])) >= 35


def test_no_title_is_near_itself(small):
    near = Kernel.fit(small).near
    assert not (near.columns == near.row_of).any()
