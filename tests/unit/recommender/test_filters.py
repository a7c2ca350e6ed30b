"""No path shows what a viewer must not see, whatever the catalogue, history and filters."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender import Title, Viewer, eligible, playable, popular
from recommender.arrangement import arrange
from recommender.artifact import from_bytes, to_bytes
from recommender.catalogue import ELSEWHERE, Terms
from recommender.exchange import read_titles, write_titles
from recommender.index import CatalogueIndex
from recommender.ranker import RankerConfig
from tests.unit.recommender.strategies import (
    NOW,
    catalogues,
    fewer,
    fitted,
    histories,
    rules,
    seeds,
    viewers,
)


@fewer
@given(catalogues, histories, viewers, st.integers(0, 20))
def test_recommend_holds_to_the_filters_and_the_length(titles, history, viewer, limit):
    model = fitted(titles)
    trending = {"t0": 3.0, "t1": 2.0, "nothing": 1.0}
    picks = model.recommend(
        history,
        viewer,
        limit=limit,
        now=NOW,
        trending=trending,
        favourite_genres=["crime"],
    )
    shown = [pick.title_id for pick in picks]
    may = [t for t in model.titles if eligible(model.titles[t], history.get(t), viewer, NOW)]
    assert set(shown) <= set(may)
    assert len(shown) == len(set(shown)) == min(limit, len(may))
    assert all(np.isfinite(pick.score) and pick.reason.text for pick in picks)


@fewer
@given(catalogues, histories, viewers, st.integers(0, 20), seeds, rules)
def test_no_pin_boost_cap_or_chance_breaks_the_filters(titles, history, viewer, limit, seed, rules):
    model = fitted(titles)

    def answer():
        picks = model.recommend(history, viewer, limit=40, now=NOW, boosts=rules.boosts)
        return arrange(
            picks,
            model.titles,
            history,
            viewer,
            limit=limit,
            now=NOW,
            rules=rules,
            ranker=RankerConfig(exploration=0.4, settled=1),
            rng=None if seed is None else np.random.default_rng(seed),
        )

    items = answer()
    shown = [item.title_id for item in items]
    may = {t for t in model.titles if eligible(model.titles[t], history.get(t), viewer, NOW)}
    assert set(shown) <= may
    assert len(shown) == len(set(shown)) == min(limit, len(may))
    assert all(np.isfinite(item.score) and 0 < item.propensity <= 1 for item in items)
    assert all(item.propensity == 1 for item in items[:1])
    scores = [item.score for item in items]
    assert scores == sorted(scores, reverse=True)
    assert items == answer()


@fewer
@given(catalogues, histories, viewers)
def test_similar_popular_search_and_home_hold_to_the_filters(titles, history, viewer):
    model = fitted(titles)
    for pick in model.similar("t0", viewer, limit=10, now=NOW, history=history):
        assert pick.title_id != "t0"
        assert eligible(model.titles[pick.title_id], history.get(pick.title_id), viewer, NOW)
    scores = dict.fromkeys([*model.titles, "gone"], 1.0)
    for pick in popular(scores, model.titles, history, viewer, limit=20, now=NOW):
        assert eligible(model.titles[pick.title_id], history.get(pick.title_id), viewer, NOW)
    for title_id in model.search("river", viewer, limit=20, now=NOW):
        assert playable(model.titles[title_id], viewer, NOW)
    seen = set()
    for row in model.home(history, viewer, now=NOW, trending={"t0": 1.0}, row_length=5):
        assert len(row.items) >= (1 if row.row_id in {"continue_watching", "top_picks"} else 4)
        for item in row.items:
            card, mine = model.titles[item.title_id], history.get(item.title_id)
            if row.row_id == "continue_watching":
                assert playable(card, viewer, NOW)
                assert mine.in_progress
            else:
                assert eligible(card, mine, viewer, NOW)
                assert item.title_id not in seen
                seen.add(item.title_id)


@fewer
@given(catalogues, histories, viewers)
def test_the_masks_are_the_rule_for_every_title(titles, history, viewer):
    index = CatalogueIndex(titles)
    assert index.playable(viewer, NOW).tolist() == [playable(t, viewer, NOW) for t in titles]
    assert index.eligible(history, viewer, NOW).tolist() == [
        eligible(t, history.get(t.title_id), viewer, NOW) for t in titles
    ]


@fewer
@given(catalogues, viewers)
def test_terms_of_countries_outlive_training_files_and_artifacts(titles, viewer):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "titles.jsonl.gz")
        write_titles(path, titles)
        exported = list(read_titles(path))
    assert exported == list(titles)
    model = from_bytes(to_bytes(fitted(exported)))
    assert [card.terms for card in model.index.titles] == [title.terms for title in titles]
    mask = model.index.playable(viewer, NOW)
    assert mask.tolist() == [playable(title, viewer, NOW) for title in titles]


def test_a_title_opens_and_is_rated_as_its_country_says():
    title = Title(
        title_id="t",
        name="T",
        maturity=18,
        terms=(
            Terms(country="DE", maturity=6, available_from=NOW + 1),
            Terms(country="US", maturity=13),
            Terms(country=ELSEWHERE),
        ),
    )
    index = CatalogueIndex([title])

    def shown(country, ceiling, now=NOW):
        (answer,) = index.playable(Viewer(country=country, maturity_ceiling=ceiling), now)
        return bool(answer)

    assert not shown("DE", 18)
    assert shown("DE", 6, NOW + 1)
    assert shown("US", 13)
    assert not shown("US", 12)
    assert not shown(None, 17)  # not classified elsewhere
    assert shown("FR", 18)


def test_a_missing_card_is_never_shown():
    assert not eligible(None, None, Viewer(), NOW)


@pytest.mark.parametrize("ceiling", [0, 8, 13, 17])
def test_unclassified_fails_closed_under_any_ceiling(ceiling):
    card = Title(title_id="t", name="T")
    assert not playable(card, Viewer(maturity_ceiling=ceiling), NOW)
    assert playable(card, Viewer(maturity_ceiling=18), NOW)


def test_an_unknown_country_sees_no_title_of_certain_countries():
    card = Title(title_id="t", name="T", countries=("DE",))
    assert not playable(card, Viewer(country=None), NOW)
    assert playable(card, Viewer(country="DE"), NOW)


def test_the_window_is_open_at_its_start_and_shut_at_its_end():
    card = Title(title_id="t", name="T", available_from=10, available_until=20)
    assert [playable(card, Viewer(), now) for now in (9.9, 10, 19.9, 20)] == [
        False,
        True,
        True,
        False,
    ]
