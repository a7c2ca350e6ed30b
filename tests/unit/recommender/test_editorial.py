import numpy as np
import pytest

from recommender import Title, Viewer
from recommender.editorial import Boost, Period, boost_factor, boosted
from recommender.index import CatalogueIndex
from recommender.ranker import diversify
from scripts.importers.sample import END as NOW

INDEX = CatalogueIndex(
    [
        Title(title_id="a", name="A", genres=("Crime",)),
        Title(title_id="b", name="B", genres=("Drama", "crime")),
        Title(title_id="c", name="C"),
    ]
)
SCORES = np.array([1.0, 2.0, -3.0], dtype=np.float32)


@pytest.mark.parametrize(
    ("boosts", "expected"),
    [
        ([], [1, 2, -3]),
        ([Boost(factor=2.0, title_ids=("b", "gone"))], [1, 4, -3]),
        ([Boost(factor=2.0, genre="CRIME")], [2, 4, -3]),
        ([Boost(factor=2.0, title_ids=("c",))], [1, 2, -1.5]),
        ([Boost(factor=2.0, title_ids=("a",)), Boost(factor=3.0, title_ids=("a",))], [6, 2, -3]),
        ([Boost(factor=2.0, title_ids=("a",), period=Period(end=NOW))], [1, 2, -3]),
        ([Boost(factor=2.0, title_ids=("a",), period=Period(start=NOW))], [2, 2, -3]),
    ],
)
def test_boosts_lift_what_they_cover_while_they_hold(boosts, expected):
    assert boosted(SCORES, boosts, INDEX, NOW).tolist() == expected


def test_one_title_and_all_titles_are_lifted_alike():
    boosts = [Boost(factor=2.0, genre="crime"), Boost(factor=0.5, title_ids=("a", "c"))]
    one_by_one = [boost_factor(title, boosts, NOW) for title in INDEX.titles]
    at_once = boosted(np.ones(3, np.float32), boosts, INDEX, NOW)
    assert one_by_one == at_once.tolist()


def test_a_boosted_title_rises_and_a_damped_one_falls(model, histories):
    history = histories["sample-crime-000"]
    plain = [p.title_id for p in model.recommend(history, Viewer(), limit=40, now=NOW)]

    def place(title_id, factor):
        boosts = [Boost(factor=factor, title_ids=(title_id,))]
        picks = model.recommend(history, Viewer(), limit=200, now=NOW, boosts=boosts)
        return [p.title_id for p in picks].index(title_id)

    assert place(plain[20], 3.0) < 20
    assert place(plain[2], 0.3) > 2


def reference(scores, likeness, count, strength):
    """The plain statement of diversity, candidate by candidate."""
    loss = strength * max(scores[0], 0)
    picked, worths = [], []
    for _ in range(count):
        worth = {
            n: scores[n] - loss * max((likeness[n][p] for p in picked), default=0.0)
            for n in range(len(scores))
            if n not in picked
        }
        best = max(worth, key=lambda n: (worth[n], -n))
        picked.append(best)
        worths.append(worth[best])
    return picked, worths


@pytest.mark.parametrize("seed", range(10))
def test_diversity_is_what_it_says_and_never_rises(seed):
    rng = np.random.default_rng(seed)
    scores = np.sort(rng.random(30).astype(np.float32))[::-1]
    likeness = rng.random((30, 30)).astype(np.float32)
    likeness = np.maximum(likeness, likeness.T)
    places, values = diversify(scores, likeness, 20, 0.3)
    expected, worths = reference(scores.tolist(), likeness.tolist(), 20, 0.3)
    assert places.tolist() == expected
    assert values.tolist() == pytest.approx(worths, abs=1e-6)
    assert (np.diff(values) <= 0).all()
