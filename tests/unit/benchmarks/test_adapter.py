"""The adapter takes frames as real data sets have them, and serves what the handlers serve."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.adapter import Recommender
from recommender.artifact import from_bytes
from recommender.errors import NothingToTrainError

VIEWERS, TITLES = 40, 60
TASTES = 2


def taste(number):
    return number % TASTES


def watched(rng):
    """Viewers of two tastes, who watch 12 titles of theirs and 2 of the other."""
    rows = []
    for viewer in range(VIEWERS):
        ours = [title for title in range(TITLES) if taste(title) == taste(viewer)]
        others = [title for title in range(TITLES) if taste(title) != taste(viewer)]
        rows += [(viewer, title, 5.0) for title in rng.choice(ours, 12, replace=False)]
        rows += [(viewer, title, 1.0) for title in rng.choice(others, 2, replace=False)]
    return rows


@pytest.fixture(scope="module")
def interactions():
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(watched(rng), columns=["user_id", "item_id", "rating"])
    return frame.assign(timestamp=rng.uniform(1.5e9, 1.6e9, len(frame)))


@pytest.fixture(scope="module")
def items():
    rows = range(TITLES)
    return pd.DataFrame(
        {
            "item_id": rows,
            "title": [f"Title {row}" for row in rows],
            "year": [1990 + row % 20 for row in rows],
            "genres": [["Drama", "War"] if taste(row) else ["Comedy"] for row in rows],
            "directors": [[f"Director {taste(row)}"] for row in rows],
            "writers": [[f"Writer {row % 7}"] for row in rows],
            "cast": [[f"Star {row % 5}"] for row in rows],
            "plot": ["A war is lost." if taste(row) else "A cake is found." for row in rows],
            "tags": [["slow"] if taste(row) else [] for row in rows],
        }
    )


def fitted(interactions, items):
    recommender = Recommender()
    recommender.fit(interactions, items)
    return recommender


@pytest.fixture(scope="module")
def recommender(interactions, items):
    return fitted(interactions, items)


def seen(interactions, viewer):
    return set(interactions.loc[interactions["user_id"] == viewer, "item_id"])


def of_taste(answer, viewer):
    return np.mean([taste(title) == taste(viewer) for title in answer])


def test_viewers_get_what_they_like_and_nothing_they_saw(recommender, interactions):
    answers = recommender.recommend(range(VIEWERS), 10)
    assert list(answers) == list(range(VIEWERS))
    for viewer, answer in answers.items():
        assert len(set(answer)) == 10
        assert not set(answer) & seen(interactions, viewer)
    assert np.mean([of_taste(answer, viewer) for viewer, answer in answers.items()]) > 0.9


def test_what_was_seen_comes_back_when_it_is_asked_for(recommender, interactions):
    answer = recommender.recommend([3], TITLES, exclude_seen=False)[3]
    assert sorted(answer) == list(range(TITLES))
    assert seen(interactions, 3) & set(answer[:20])


def test_a_list_ends_with_the_catalogue(recommender, interactions):
    answer = recommender.recommend([3], 10_000)[3]
    assert sorted(answer) == sorted(set(range(TITLES)) - seen(interactions, 3))


def test_only_candidates_are_answered(recommender, interactions):
    candidates = [1, 2, 3, 5, 8, 13, 21, "nowhere"]
    answer = recommender.recommend([4], 10, candidates=candidates)[4]
    assert set(answer) == set(candidates[:-1]) - seen(interactions, 4)
    assert recommender.recommend([4], 10, candidates=[]) == {4: []}


def test_a_stranger_gets_what_is_popular(recommender, interactions):
    liked = interactions.loc[interactions["rating"] >= 4, "item_id"].value_counts()
    answer = recommender.recommend(["nobody"], 10)["nobody"]
    assert liked[answer].mean() > liked.mean()


def test_update_alone_serves_a_viewer_who_was_not_in_fit(interactions, items):
    recommender = fitted(interactions, items)
    before = recommender.recommend(["new"], 10)["new"]
    for viewer in (0, 1):
        liked = [title for title in range(TITLES) if taste(title) == viewer][:6]
        told = pd.DataFrame(
            {"user_id": f"new {viewer}", "item_id": liked, "rating": 5.0, "timestamp": np.nan}
        )
        recommender.update(told)
        answer = recommender.recommend([f"new {viewer}"], 10)[f"new {viewer}"]
        assert of_taste(answer, viewer) > 0.8
        assert not set(answer) & set(liked)
    assert recommender.recommend(["new"], 10)["new"] == before


def test_update_adds_to_a_history(interactions, items):
    recommender = fitted(interactions, items)
    answer = recommender.recommend([0], 10)[0]
    recommender.update(
        pd.DataFrame({"user_id": 0, "item_id": answer[:3], "rating": 4.0, "timestamp": 1.7e9})
    )
    assert not set(answer[:3]) & set(recommender.recommend([0], 10)[0])


def test_the_later_rating_counts_in_whatever_order_they_are_told(interactions, items):
    liked = pd.DataFrame(
        {"user_id": "new", "item_id": [1, 3, 5, 7], "rating": 5.0, "timestamp": 1.7e9}
    )
    disliked = liked.assign(rating=1.0, timestamp=1.4e9)
    answers = []
    for frames in ([liked], [disliked, liked], [liked, disliked], [disliked]):
        recommender = fitted(interactions, items)
        for frame in frames:
            recommender.update(frame)
        answers.append(recommender.recommend(["new"], 10)["new"])
    assert answers[0] == answers[1] == answers[2] != answers[3]


def test_update_of_a_title_that_the_model_does_not_know_changes_no_list(recommender):
    before = recommender.recommend([7], 10)
    recommender.update(
        pd.DataFrame({"user_id": [7], "item_id": ["new"], "rating": [5.0], "timestamp": [1.55e9]})
    )
    assert recommender.recommend([7], 10) == before


@pytest.mark.parametrize("name", ["genres", "directors", "writers", "cast", "tags"])
def test_an_item_frame_without_lists(interactions, items, name):
    holes = [np.nan, None, [], np.array(["One", "Two"]), "Alone", ("A", np.nan, " ")]
    cells = pd.Series([holes[row % len(holes)] for row in range(TITLES)], dtype=object)
    assert len(fitted(interactions, items.assign(**{name: cells})).recommend([0], 10)[0]) == 10
    assert len(fitted(interactions, items.drop(columns=name)).recommend([0], 10)[0]) == 10


@pytest.mark.parametrize(
    "years",
    [
        pd.Series([np.nan, 1999.0] * (TITLES // 2)),
        pd.Series([None, 1999] * (TITLES // 2), dtype=object),
        pd.Series(pd.array([None, 1999] * (TITLES // 2), dtype="Int64")),
        pd.Series(["", "1999"] * (TITLES // 2)),
    ],
    ids=["float", "object", "Int64", "text"],
)
def test_years_of_any_kind(interactions, items, years):
    model = from_bytes(fitted(interactions, items.assign(year=years)).artifact)
    assert [model.index.titles[row].year for row in (0, 1)] == [None, 1999]


def test_titles_without_a_plot_or_a_name(interactions, items):
    bare = items.assign(
        plot=[None, np.nan, ""] * (TITLES // 3), title=[None, "A", np.nan] * (TITLES // 3)
    )
    assert len(fitted(interactions, bare).recommend([0], 10)[0]) == 10


def test_writers_are_people(interactions, items):
    model = from_bytes(fitted(interactions, items).artifact)
    assert "Writer 3" in model.index.titles[3].directors


def test_texts_as_ids(interactions, items):
    named = interactions.assign(
        user_id="v" + interactions["user_id"].astype(str),
        item_id="t" + interactions["item_id"].astype(str),
    )
    recommender = fitted(named, items.assign(item_id="t" + items["item_id"].astype(str)))
    answer = recommender.recommend(["v0"], 10)["v0"]
    assert of_taste([int(title[1:]) for title in answer], 0) > 0.8


def test_ids_of_different_types_that_are_equal(interactions, items):
    wide = interactions.astype({"user_id": "float64", "item_id": "float64"})
    recommender = fitted(wide, items.astype({"item_id": "int32"}))
    viewers = np.array([2, 3], dtype=np.int16)
    answers = recommender.recommend(viewers, 10, candidates=np.arange(TITLES, dtype=np.uint8))
    assert list(answers) == [2, 3]
    assert not set(answers[2]) & seen(interactions, 2)


def test_titles_of_interactions_alone_and_of_items_alone(interactions, items):
    recommender = fitted(interactions, items[items["item_id"] % 3 > 0])
    model = from_bytes(recommender.artifact)
    assert len(model.titles) == TITLES
    extra = pd.concat([items, items.head(1).assign(item_id=999)])
    assert 999 in fitted(interactions, extra).recommend([0], TITLES + 1)[0]


def test_rows_that_come_twice_count_once(interactions, items):
    twice = pd.concat([interactions, interactions])
    recommender = fitted(twice, pd.concat([items, items]))
    once = fitted(interactions, items)
    assert recommender.artifact == once.artifact
    assert recommender.recommend([0, 1], 10) == once.recommend([0, 1], 10)


def test_rows_without_a_viewer_or_a_title_are_left_out(interactions, items):
    holes = pd.DataFrame(
        {"user_id": [None, 1], "item_id": [1, None], "rating": [5.0, 5.0], "timestamp": 1.55e9}
    )
    recommender = fitted(pd.concat([interactions, holes]), items)
    assert recommender.artifact == fitted(interactions, items).artifact


def test_ratings_that_are_all_one_are_likings(interactions, items):
    liked = interactions[interactions["rating"] > 1].assign(rating=1.0)
    recommender = fitted(liked, items)
    assert of_taste(recommender.recommend([0], 10)[0], 0) > 0.8
    recommender.update(
        pd.DataFrame({"user_id": "new", "item_id": [1, 3, 5], "rating": 1, "timestamp": 1.6e9})
    )
    assert of_taste(recommender.recommend(["new"], 10)["new"], 1) > 0.8


def test_times_that_are_all_unknown(interactions, items):
    recommender = fitted(interactions.assign(timestamp=np.nan), items)
    answers = recommender.recommend(range(VIEWERS), 10)
    assert np.mean([of_taste(answer, viewer) for viewer, answer in answers.items()]) > 0.9


def test_a_frame_without_a_column_is_refused_by_name(interactions, items):
    with pytest.raises(ValueError, match="no column 'timestamp'"):
        fitted(interactions.drop(columns="timestamp"), items)
    with pytest.raises(ValueError, match="'rating' must hold numbers"):
        fitted(interactions.assign(rating="good"), items)


def test_nothing_to_learn_from(interactions, items):
    with pytest.raises(NothingToTrainError):
        fitted(interactions.head(0), items)


def test_before_fit_nothing_is_answered(interactions):
    with pytest.raises(ValueError, match="call fit first"):
        Recommender().recommend([1], 10)
    with pytest.raises(ValueError, match="call fit first"):
        Recommender().update(interactions)


def test_fit_forgets(interactions, items):
    recommender = fitted(interactions[interactions["user_id"] % 2 == 0], items)
    recommender.fit(interactions, items)
    assert recommender.artifact == fitted(interactions, items).artifact


def said(viewer, item, rating, timestamp=float("nan")):
    row = {"user_id": viewer, "item_id": item, "rating": rating, "timestamp": timestamp}
    return pd.DataFrame([row])


def test_a_missing_rating_among_ratings_says_that_a_title_was_watched(interactions, items):
    recommender = fitted(interactions, items)
    recommender.update(said("new", 0, float("nan")))
    [state] = recommender._history("new").values()
    assert state.rating is None
    assert state.completed_at is not None


def test_ratings_after_watching_alone_are_ratings(interactions, items):
    recommender = fitted(interactions.assign(rating=1.0), items)
    recommender.update(said("new", 0, 2.0))
    recommender.update(said("new", 1, 1.0))
    rated, watched = recommender._history("new").values()
    assert rated.rating == 2.0
    assert watched.rating is None
    assert watched.completed_at is not None


def test_an_update_without_a_time_is_news(interactions, items):
    recommender = fitted(interactions, items)
    recommender.update(said("new", 0, 5.0, timestamp=1.59e9))
    recommender.update(said("new", 0, 1.0))
    [state] = recommender._history("new").values()
    assert state.rating == 1.0


def test_a_fit_that_fails_leaves_what_was_there(interactions, items):
    recommender = fitted(interactions, items)
    before = recommender.recommend([0, 1, "nobody"], 5)
    with pytest.raises(NothingToTrainError):
        recommender.fit(interactions.head(0), items.head(7).assign(item_id=list("abcdefg")))
    assert recommender.recommend([0, 1, "nobody"], 5) == before


@pytest.mark.parametrize("column", ["rating", "timestamp"])
def test_an_endless_number_is_refused_by_its_column(interactions, items, column):
    with pytest.raises(ValueError, match=f"'{column}' must hold finite"):
        fitted(interactions.assign(**{column: np.inf}), items)


@pytest.mark.parametrize("year", [3e9, "19990101120000", -5])
def test_a_year_that_is_none_is_left_out(interactions, items, year):
    assert fitted(interactions, items.assign(year=year)).recommend([0], 3)


def test_with_what_was_seen_the_order_is_that_of_the_scores(interactions, items):
    recommender = fitted(interactions, items)
    [titles] = recommender.recommend([0], TITLES, exclude_seen=False).values()
    seen = set(interactions.item_id[interactions.user_id == 0])
    assert seen <= set(titles)
    assert len(titles) == TITLES
    first = titles[:20]
    assert np.mean([taste(title) == taste(0) for title in first]) > 0.8
