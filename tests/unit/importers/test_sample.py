"""The generated catalogue: believable, rich enough, and the same for a seed."""

from collections import Counter

import numpy as np
import pytest

from recommender import SignalKind
from recommender.exchange import read_interactions, read_titles
from scripts.importers.sample import END, SPAN, TASTES, generate


@pytest.fixture(scope="module")
def data():
    return generate()


def test_the_same_seed_gives_the_same_data(data):
    assert generate() == data
    assert generate(seed=1, titles=30, viewers=5) != generate(seed=2, titles=30, viewers=5)


def test_the_catalogue_is_rich(data):
    assert len(data.titles) == 320
    assert len({title.name for title in data.titles}) == 320
    assert len({title.title_id for title in data.titles}) == 320
    assert len({genre for title in data.titles for genre in title.genres}) >= 12
    assert len({name for title in data.titles for name in title.cast}) > 100
    assert 30 <= len({name for title in data.titles for name in title.directors}) <= 40


def test_every_title_is_whole(data):
    for title in data.titles:
        assert title.genres
        assert title.cast
        assert title.directors
        assert title.plot.count(". ") >= 1
        assert "{" not in title.name + title.plot
        assert 1960 <= title.year <= 2026


def test_maturity_is_mixed_and_sometimes_unknown(data):
    ages = Counter(title.maturity for title in data.titles)
    assert set(ages) == {None, 0, 8, 13, 17, 18}
    assert ages[None] < 0.1 * len(data.titles)
    family = [title.maturity for title in data.titles if title.genres[0] == "Family"]
    assert max(age for age in family if age is not None) <= 13


def test_ratings_are_stars_over_two_years_one_for_each_pair(data):
    pairs = [(viewer_id, signal.title_id) for viewer_id, signal in data.interactions]
    assert len(pairs) == len(set(pairs))
    assert len({viewer_id for viewer_id, _ in pairs}) == 400
    for _, signal in data.interactions:
        assert signal.kind is SignalKind.RATE
        assert signal.value * 2 in range(1, 11)
        assert END - SPAN <= signal.occurred_at <= END


def test_popularity_is_skewed(data):
    counts = np.sort([*Counter(s.title_id for _, s in data.interactions).values()])[::-1]
    assert counts[:32].sum() > 0.2 * counts.sum()


def test_viewers_rate_their_taste_higher(data):
    genres = {title.title_id: title.genres for title in data.titles}
    for taste, leanings in TASTES.items():
        liked = max(leanings, key=leanings.get)
        mine = [(s.value, s.title_id) for v, s in data.interactions if f"-{taste}-" in v]
        at_home = [value for value, title_id in mine if genres[title_id][0] == liked]
        elsewhere = [value for value, title_id in mine if liked not in genres[title_id]]
        assert np.mean(at_home) > np.mean(elsewhere) + 0.5


def test_written_files_read_back(data, tmp_path):
    titles, interactions = data.write(tmp_path / "new")
    assert tuple(read_titles(titles)) == data.titles
    assert tuple(read_interactions(interactions)) == data.interactions
