from dataclasses import replace

import pytest

from recommender.editorial import NO_RULES, Boost, EditorialRules, Pin
from recommender.history import TitleState
from recommender.ranker import RankerConfig
from schemas.errors import NotFoundError, ThrottledError
from schemas.recommendations import StartedTitle
from services.asking import Asker
from services.ports import ServedModel, StoredState
from services.recommendations import RecommendationService
from services.shelf import Shelf
from services.trending import hour_window, trending_now
from tests.unit.services.fakes import (
    ACCOUNT,
    NOW,
    FakeCounter,
    FakeEditorial,
    FakeJournal,
    FakeModel,
    FakeModels,
    FakeTitles,
    FakeTrending,
    FakeViewing,
    a_profile,
    a_title,
    profiles_of,
    seen,
    started,
)

TITLES = [
    a_title("t1", maturity=0),
    a_title("t2", maturity=13),
    a_title("t3", maturity=17),
    a_title("t4", maturity=None),
    a_title("t5", maturity=0, countries=("FR",)),
    a_title("t6", maturity=0, available_from=NOW + 60),
    a_title("t7", maturity=0, available_until=NOW),
]
POPULAR = {"popular": {f"t{n}": float(n) for n in range(1, 8)}}
ASKER = Asker(ACCOUNT, "p1", NOW)
WITH_MODEL = FakeModels.of(*TITLES)
WITHOUT_MODEL = FakeModels()


def service(
    models=WITH_MODEL,
    *,
    profile=None,
    viewing=None,
    titles=None,
    trending=None,
    rules=None,
    count=None,
    journal=None,
):
    titles = titles or FakeTitles.of(*TITLES)
    return RecommendationService(
        profiles=profiles_of(profile or a_profile()),
        viewing=viewing or FakeViewing(),
        titles=titles,
        shelf=Shelf(titles),
        trending=trending or FakeTrending(POPULAR),
        models=models,
        editorial=FakeEditorial(rules or NO_RULES),
        count=count or FakeCounter(),
        journal=journal or FakeJournal(),
    )


def ids(answer):
    return {item.title_id for item in answer.items}


def home_ids(answer):
    return {item.title_id for row in answer.rows for item in row.items}


both = pytest.mark.parametrize("models", [WITH_MODEL, WITHOUT_MODEL], ids=["model", "fallback"])


@both
def test_only_what_is_available_is_shown(models):
    expected = {"t1", "t2", "t3", "t4"}
    assert ids(service(models).recommend(ASKER, limit=20)) == expected
    assert home_ids(service(models).home(ASKER)) == expected


@both
def test_the_ceiling_holds_and_the_unclassified_fails_closed(models):
    profile = a_profile(maturity_ceiling=13)
    assert ids(service(models, profile=profile).recommend(ASKER, limit=20)) == {"t1", "t2"}
    assert home_ids(service(models, profile=profile).home(ASKER)) == {"t1", "t2"}


@both
def test_seen_titles_are_not_suggested(models):
    viewing = FakeViewing({("p1", "t1"): seen("t1")})
    assert "t1" not in ids(service(models, viewing=viewing).recommend(ASKER, limit=20))
    assert "t1" not in home_ids(service(models, viewing=viewing).home(ASKER))


@both
@pytest.mark.parametrize(
    ("own", "of_request", "shown"), [("FR", "US", True), (None, "FR", True), ("US", "FR", False)]
)
def test_the_country_decides(models, own, of_request, shown):
    asker = Asker(ACCOUNT, "p1", NOW, of_request)
    answer = service(models, profile=a_profile(country=own)).recommend(asker, limit=20)
    assert ("t5" in ids(answer)) is shown


@both
def test_a_title_retired_since_training_is_gone(models):
    titles = FakeTitles.of(*TITLES)
    del titles.records["t2"]
    assert "t2" not in ids(service(models, titles=titles).recommend(ASKER, limit=20))
    assert "t2" not in home_ids(service(models, titles=titles).home(ASKER))


@both
def test_a_title_re_rated_since_training_is_gone(models):
    titles = FakeTitles.of(a_title("t1", maturity=18), *TITLES[1:])
    profile = a_profile(maturity_ceiling=13)
    answer = service(models, titles=titles, profile=profile).recommend(ASKER, limit=20)
    assert ids(answer) == {"t2"}


@both
def test_no_more_than_the_limit(models):
    assert len(service(models).recommend(ASKER, limit=2).items) == 2


def test_spare_candidates_take_the_place_of_retired_ones():
    titles = FakeTitles.of(*TITLES)
    del titles.records["t1"]
    answer = service(titles=titles).recommend(ASKER, limit=2)
    assert [item.title_id for item in answer.items] == ["t2", "t3"]


def test_every_item_says_where_it_comes_from():
    item = service().recommend(ASKER, limit=1).items[0]
    assert (item.source, item.model_version) == ("content", "v1")
    assert item.reason.text == "Because you watched Old Harbour"
    assert item.reason.because == ["t1"]


def test_a_reason_forgets_a_title_that_left_the_catalogue():
    titles = FakeTitles.of(*TITLES)
    del titles.records["t1"]
    item = service(titles=titles).recommend(ASKER, limit=1).items[0]
    assert item.reason.because == []
    assert "Old Harbour" not in item.reason.text


def test_without_a_model_popular_titles_and_a_counted_reason():
    count = FakeCounter()
    answer = service(WITHOUT_MODEL, count=count).recommend(ASKER, limit=2)
    assert [item.title_id for item in answer.items] == ["t4", "t3"]
    assert (answer.fallback, answer.model_version) == ("model_missing", None)
    assert answer.items[0].source == "popularity"
    assert count.seen["RecommendationFallback", "model_missing"] == 1


def test_before_a_first_model_any_titles_at_all():
    answer = service(WITHOUT_MODEL, trending=FakeTrending()).recommend(ASKER, limit=20)
    assert ids(answer) == {"t1", "t2", "t3", "t4"}


def test_before_a_first_model_what_nobody_watched_is_not_called_popular():
    items = service(WITHOUT_MODEL, trending=FakeTrending()).recommend(ASKER, limit=20).items
    by_id = {item.title_id: item.reason.text for item in items}
    assert by_id["t1"] == "New to you: drama films"
    assert by_id["t2"] == "Popular with everybody"


def test_without_a_model_a_low_ceiling_gets_a_full_list_from_the_catalogue():
    """The popular window is the top of the whole catalogue: for grown-ups, all of it."""
    grim = [a_title(f"grim{n}", maturity=18) for n in range(10)]
    mild = [a_title(f"mild{n}", maturity=0) for n in range(30)]
    titles = FakeTitles.of(*grim, *mild)
    trending = FakeTrending({"popular": {title.title_id: 1.0 for title in grim}})
    child = service(
        WITHOUT_MODEL, titles=titles, trending=trending, profile=a_profile(maturity_ceiling=8)
    )
    answer = child.recommend(ASKER, limit=20)
    assert [item.title_id for item in answer.items] == [f"mild{n}" for n in range(29, 9, -1)]
    assert {item.fallback for item in answer.items} == {"model_missing"}
    for _ in range(5):
        child.recommend(ASKER, limit=20)
    assert titles.scans == 1


def test_popular_titles_come_before_the_others_that_fill_the_list_up():
    trending = FakeTrending({"popular": {"t2": 5.0, "t1": 2.0}})
    items = service(WITHOUT_MODEL, trending=trending).recommend(ASKER, limit=20).items
    assert [item.title_id for item in items] == ["t2", "t1", "t4", "t3"]
    scores = [item.score for item in items]
    assert scores == sorted(scores, reverse=True)


def test_a_list_the_model_cannot_fill_ends_with_what_it_does_not_know():
    newer = [a_title(f"new{n}", maturity=0) for n in range(3)]
    titles, count = FakeTitles.of(*TITLES, *newer), FakeCounter()
    items = service(titles=titles, count=count).recommend(ASKER, limit=20).items
    assert [item.title_id for item in items] == ["t1", "t2", "t3", "t4", "new2", "new1", "new0"]
    assert [(item.fallback, item.model_version) for item in items] == [
        *[(None, "v1")] * 4,
        *[("title_not_in_model", None)] * 3,
    ]
    assert count.seen["RecommendationsFilledUp",] == 1


def test_a_full_list_reads_no_table_from_end_to_end():
    titles = FakeTitles.of(*TITLES)
    service(titles=titles).recommend(ASKER, limit=4)
    assert titles.scans == 0


def test_a_catalogue_that_does_not_answer_leaves_the_models_own_list():
    class Busy(FakeTitles):
        def scan(self, *, after=None):
            raise ThrottledError("busy")

    titles = Busy(FakeTitles.of(*TITLES).records)
    assert ids(service(titles=titles).recommend(ASKER, limit=20)) == {"t1", "t2", "t3", "t4"}


# Editors


def pins(*placed):
    return EditorialRules(pins=tuple(Pin(title_id=t, place=p) for t, p in placed))


def top(answer):
    row = next(row for row in answer.rows if row.row_id == "top_picks")
    return [item.title_id for item in row.items]


@both
def test_a_pin_is_at_its_place_on_every_surface(models):
    rules = pins(("t3", 1), ("t1", 3))
    answer = service(models, rules=rules).recommend(ASKER, limit=4)
    expected = ["t3", answer.items[1].title_id, "t1", answer.items[3].title_id]
    assert [item.title_id for item in answer.items] == expected
    assert {answer.items[0].source, answer.items[2].source} == {"editorial"}
    assert answer.items[0].reason.kind == "editorial"
    home = service(models, rules=rules).home(ASKER)
    assert top(home) == expected
    shown = [item.title_id for row in home.rows for item in row.items]
    assert len(shown) == len(set(shown))


def test_a_pin_may_be_newer_than_the_model():
    titles = FakeTitles.of(*TITLES, a_title("t9", maturity=0))
    item = service(titles=titles, rules=pins(("t9", 1))).recommend(ASKER, limit=2).items[0]
    assert (item.title_id, item.fallback, item.model_version) == ("t9", None, "v1")


@both
@pytest.mark.parametrize("title_id", ["t3", "t4", "t5", "t6", "t7", "gone"])
def test_a_pin_passes_no_filter(models, title_id):
    rules = pins((title_id, 1))
    child = service(models, rules=rules, profile=a_profile(maturity_ceiling=13))
    assert ids(child.recommend(ASKER, limit=20)) == {"t1", "t2"}
    assert home_ids(child.home(ASKER)) == {"t1", "t2"}


@both
def test_a_pin_that_was_seen_or_dismissed_stays_away(models):
    dismissed = StoredState(TitleState(title_id="t2", dismissed_at=NOW - 5), 1)
    viewing = FakeViewing({("p1", "t1"): seen("t1"), ("p1", "t2"): dismissed})
    child = service(models, viewing=viewing, rules=pins(("t1", 1), ("t2", 2)))
    assert ids(child.recommend(ASKER, limit=20)) == {"t3", "t4"}
    assert home_ids(child.home(ASKER)) == {"t3", "t4"}


def test_boosts_hold_without_a_model_too():
    boosts = (Boost(factor=10.0, title_ids=("t1",)),)
    rules = EditorialRules(boosts=boosts)
    items = service(WITHOUT_MODEL, rules=rules).recommend(ASKER, limit=2).items
    assert [item.title_id for item in items] == ["t1", "t4"]


# What was shown, for the log


def exploring(*titles):
    model = FakeModel({t.title_id: t for t in titles}, ranker=RankerConfig(exploration=0.1))
    return FakeModels(ServedModel(model, None))


MANY = [a_title(f"m{n}", maturity=0) for n in range(60)]


def test_what_was_served_is_logged_in_one_line_with_its_propensities():
    journal = FakeJournal()
    answer = service(exploring(*MANY), titles=FakeTitles.of(*MANY), journal=journal).recommend(
        ASKER, limit=20
    )
    ((message, fields),) = journal.lines
    assert message == "recommendations_served"
    assert fields["title_ids"] == [item.title_id for item in answer.items]
    assert fields["positions"] == list(range(1, 21))
    assert fields["propensities"] == pytest.approx([i.propensity for i in answer.items], abs=1e-6)
    assert fields["propensities"][:3] == [1.0] * 3
    assert 0 < min(fields["propensities"]) < 0.1
    assert (fields["model_version"], fields["fallback"]) == ("v1", None)
    assert "p1" not in str(fields["profile"])
    assert len(fields["profile"]) == 16


def test_a_page_is_logged_row_by_row():
    journal = FakeJournal()
    viewing = FakeViewing({("p1", "m0"): started("m0")})
    home = service(
        exploring(*MANY), titles=FakeTitles.of(*MANY), viewing=viewing, journal=journal
    ).home(ASKER)
    ((_, fields),) = journal.lines
    assert fields["surface"] == "home"
    assert fields["rows"] == ["continue_watching", *["top_picks"] * 20]
    assert fields["positions"] == [1, *range(1, 21)]
    assert fields["title_ids"] == [i.title_id for row in home.rows for i in row.items]


def test_a_page_that_is_loaded_again_looks_the_same_for_an_hour():
    def answer(profile_id, now):
        one = RecommendationService(
            **{
                **vars(service(exploring(*MANY), titles=FakeTitles.of(*MANY))),
                "profiles": profiles_of(a_profile(profile_id)),
            }
        )
        items = one.recommend(Asker(ACCOUNT, profile_id, now), limit=40).items
        return [item.title_id for item in items]

    assert answer("p1", NOW) == answer("p1", NOW + 3599)
    assert len({tuple(answer("p1", NOW + 3600 * hour)) for hour in range(5)}) > 1
    assert len({tuple(answer(f"p{n}", NOW)) for n in range(5)}) > 1


@both
def test_what_was_dismissed_midway_is_not_continued(models):
    state = StoredState(replace(started("t2").state, dismissed_at=NOW - 5), 1)
    viewing = FakeViewing({("p1", "t2"): state})
    assert "t2" not in home_ids(service(models, viewing=viewing).home(ASKER))


def test_with_a_model_nothing_is_counted():
    count = FakeCounter()
    assert service(count=count).recommend(ASKER, limit=2).fallback is None
    assert not count.seen


@both
def test_continue_watching_says_where_the_viewer_stopped(models):
    viewing = FakeViewing({("p1", "t2"): started("t2", 61.0)})
    row = service(models, viewing=viewing).home(ASKER).rows[0]
    assert row.row_id == "continue_watching"
    assert isinstance(row.items[0], StartedTitle)
    assert (row.items[0].position_seconds, row.items[0].duration_seconds) == (61.0, 600.0)


@both
def test_what_is_being_watched_again_stays_in_continue_watching_and_nowhere_else(models):
    again = started("t2")
    viewing = FakeViewing({("p1", "t2"): again})
    rows = {row.row_id: row for row in service(models, viewing=viewing).home(ASKER).rows}
    assert [i.title_id for i in rows["continue_watching"].items] == ["t2"]
    assert "t2" not in [i.title_id for i in rows["top_picks"].items]


@both
def test_continue_watching_obeys_a_ceiling_that_was_lowered(models):
    viewing = FakeViewing({("p1", "t3"): started("t3")})
    home = service(models, viewing=viewing, profile=a_profile(maturity_ceiling=8)).home(ASKER)
    assert [row.row_id for row in home.rows] == ["top_picks"]


def test_a_row_that_the_catalogue_emptied_is_left_out():
    assert service(titles=FakeTitles({"x": None})).home(ASKER).rows == []


@pytest.mark.parametrize("account", ["account-2", ""])
def test_another_accounts_profile_is_not_found(account):
    with pytest.raises(NotFoundError):
        service().recommend(Asker(account, "p1", NOW), limit=2)
    with pytest.raises(NotFoundError):
        service().home(Asker(account, "p1", NOW))


def test_trending_reaches_the_model():
    calls = []

    class Spy(FakeModel):
        def recommend(self, history, viewer, **how):
            calls.append(how)
            return []

    models = FakeModels(ServedModel(Spy({}), None))
    trending = FakeTrending({hour_window(NOW): {"t2": 3.0}})
    service(models, trending=trending).recommend(ASKER, limit=2)
    assert calls[0]["trending"] == {"t2": 3.0}


def test_later_hours_trend_more():
    trending = FakeTrending(
        {hour_window(NOW): {"t1": 1.0}, hour_window(NOW - 3600): {"t1": 1.0, "t2": 1.0}}
    )
    assert trending_now(trending, NOW) == {"t1": pytest.approx(1.8), "t2": pytest.approx(0.8)}


def test_an_old_hour_does_not_trend():
    assert trending_now(FakeTrending({hour_window(NOW - 7 * 3600): {"t1": 9.0}}), NOW) == {}


def test_a_window_is_named_after_its_hour():
    assert hour_window(NOW + 3599) == "hour#2026-11-23T19"
