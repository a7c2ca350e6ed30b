"""A table goes on where it was stopped, and is measured anew where anything has changed."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.quality.cache import Cache
from benchmarks.quality.contenders import Contender, digest_of
from benchmarks.quality.data import DataSet, Item, Ratings, Tags
from benchmarks.quality.frames import Frames
from benchmarks.quality.tournament import Scenario

TITLES = 80


class Popular:
    """Titles by how often they were rated, turned round if asked to."""

    made = 0

    def __init__(self, *, least=False):
        self.least = least
        type(self).made += 1

    def fit(self, interactions, items):
        counts = interactions["item_id"].value_counts(ascending=self.least)
        self.order, self.seen = counts.index.tolist(), {}
        self.update(interactions)

    def update(self, interactions):
        for viewer, title in zip(interactions["user_id"], interactions["item_id"], strict=True):
            self.seen.setdefault(viewer, set()).add(title)

    def recommend(self, user_ids, k, exclude_seen=True, candidates=None):
        pool = self.order if candidates is None else [t for t in self.order if t in candidates]
        return {
            viewer: [title for title in pool if title not in self.seen.get(viewer, ())][:k]
            for viewer in user_ids
        }


@pytest.fixture
def popular():
    Popular.made = 0
    return Contender(
        name="popular", library="test", make=Popular, grid=({}, {"least": True}), uses_items=True
    )


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(3)
    viewers = np.repeat(np.arange(50), 20)
    likely = np.linspace(2, 0.1, TITLES) / np.linspace(2, 0.1, TITLES).sum()
    titles = [rng.choice(TITLES, 20, replace=False, p=likely) for _ in range(50)]
    values = rng.choice([2.0, 4.0, 5.0], len(viewers))
    ratings = Ratings(viewers, np.concatenate(titles), values, rng.permutation(1000) * 1.0)
    items = tuple(Item(title=f"Title {number}", genres=("Drama",)) for number in range(TITLES))
    return DataSet("test", ratings, Tags.empty(), items, tuple(range(50)), tuple(range(TITLES)))


def play(data, cache, contenders, joining=(), letter="a"):
    scenario = Scenario.of(letter, data, Frames(data), 1, cache)
    return scenario.play(contenders, joining, lambda name, what: None)


@pytest.mark.parametrize("letter", "abcde")
def test_what_is_kept_gives_the_same_figures_without_a_run(tmp_path, data, popular, letter):
    first = play(data, Cache(tmp_path), [popular], letter=letter)
    made = Popular.made
    again = play(data, Cache(tmp_path), [popular], letter=letter)
    assert Popular.made == made > 0
    assert again.as_json() == first.as_json()
    assert first.rows[0].settings == [{}]


def test_a_stopped_run_goes_on(tmp_path, data, popular):
    class StoppedError(Exception):
        pass

    def stopping(**settings):
        if settings:
            raise StoppedError
        return Popular(**settings)

    with pytest.raises(StoppedError):
        play(data, Cache(tmp_path), [replace(popular, make=stopping)])
    Popular.made = 0
    play(data, Cache(tmp_path), [popular])
    assert Popular.made == 2  # the second settings, and the one run with the better of the two


def test_other_data_is_measured_anew(tmp_path, data, popular):
    play(data, Cache(tmp_path), [popular])
    made = Popular.made
    retitled = (replace(data.items[0], title="Another"), *data.items[1:])
    play(replace(data, items=retitled), Cache(tmp_path), [popular])
    assert Popular.made == 2 * made


def test_other_code_is_measured_anew(tmp_path, data, popular):
    play(data, Cache(tmp_path), [popular])
    made = Popular.made
    play(data, Cache(tmp_path), [replace(popular, sources=("Makefile",))])
    assert Popular.made == 2 * made


def test_a_digest_is_of_what_files_hold(tmp_path):
    file = tmp_path / "model.py"
    file.write_text("a")
    before = digest_of([file])
    file.write_text("b")
    assert digest_of([file]) != before


def test_a_model_joins_where_all_of_it_is_kept(tmp_path, data, popular):
    other = replace(popular, name="other")
    result = play(data, Cache(tmp_path), [popular], [other])
    assert [row.model for row in result.rows] == ["popular"]
    assert result.unmeasured == ["other"]
    play(data, Cache(tmp_path), [other])
    made = Popular.made
    result = play(data, Cache(tmp_path), [popular], [other])
    assert sorted(row.model for row in result.rows) == ["other", "popular"]
    assert not result.unmeasured
    assert Popular.made == made


def test_who_cannot_take_part_is_named(data, popular):
    blind = replace(popular, name="blind", uses_items=False)
    result = play(data, Cache(), [popular, blind], letter="d")
    assert (len(result.rows), result.absent) == (1, ["blind"])
