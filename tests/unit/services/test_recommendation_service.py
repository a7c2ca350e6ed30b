import pytest

from recommender.editorial import NO_RULES
from schemas.errors import NotFoundError
from schemas.recommendations import StartedTitle
from services.asking import Asker
from services.ports import ServedModel
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
