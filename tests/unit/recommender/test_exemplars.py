"""The pool is bounded, covers tastes and not the loudest, and is the same every time."""

from collections import Counter

import numpy as np

from recommender import TitleState
from recommender.exemplars import PoolConfig, choose_pool
from recommender.histories import Histories

NOW = 1_000.0
TITLES = {f"t{n}": n for n in range(60)}


def gathered(*histories, index=TITLES):
    """Interactions of viewers in this order."""
    numbered = {f"{place:04d}": history for place, history in enumerate(histories)}
    return Histories.of(numbered).interactions(index, NOW)


def viewer(start, count):
    return {
        f"t{n}": TitleState(title_id=f"t{n}", rating=5.0, rated_at=NOW)
        for n in range(start, start + count)
    }


def test_few_viewers_are_all_in_the_pool():
    interactions = gathered(viewer(0, 6), viewer(10, 6), {})
    assert choose_pool(interactions, PoolConfig(size=10)).tolist() == [0, 1]


def test_a_rare_taste_gets_its_place_beside_a_common_loud_one():
    # A hundred loud viewers of one taste, six quiet ones of each of two others.
    crowd = [viewer(0, 20 + n % 3) for n in range(100)]
    rare = [viewer(30 + n % 2, 8) for n in range(6)] + [viewer(45 + n % 2, 8) for n in range(6)]
    pool = choose_pool(gathered(*crowd, *rare), PoolConfig(size=6, candidates=60))
    groups = Counter("crowd" if n < 100 else "rare" if n < 106 else "rarer" for n in pool)
    assert set(groups) == {"crowd", "rare", "rarer"}
    assert len(pool) == len(set(pool.tolist())) == 6


def test_the_pool_is_the_same_every_time(histories, model):
    interactions = Histories.of(histories).interactions(model.index.numbers, NOW)
    config = PoolConfig(size=50)
    assert np.array_equal(choose_pool(interactions, config), choose_pool(interactions, config))


def test_a_pool_covers_every_planted_taste(histories, model):
    ordered = sorted(histories)
    interactions = Histories.of(histories).interactions(model.index.numbers, NOW)
    pool = choose_pool(interactions, PoolConfig(size=60))
    tastes = Counter(ordered[n].rsplit("-", 1)[0] for n in pool)
    assert len(tastes) == 8
    assert min(tastes.values()) >= 5


def test_a_pool_of_long_histories_keeps_to_its_titles_in_all():
    crowd = [viewer(n % 50, 5) for n in range(60)] + [viewer(n, 40) for n in range(20)]
    interactions = gathered(*crowd)
    pool = choose_pool(interactions, PoolConfig(habits=200))
    assert 0 < interactions.preferences.lengths[pool].sum() <= 200
