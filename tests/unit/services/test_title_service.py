from dataclasses import replace

import pytest

from schemas.catalogue import TitleRecord
from schemas.errors import InvalidRequestError, NotFoundError, ThrottledError
from services.asking import Visitor
from services.paging import TOKEN_LIFETIME_SECONDS, from_token, to_token
from services.shelf import Shelf
from services.titles import TitleService
from tests.unit.services.fakes import (
    ACCOUNT,
    NOW,
    FakeCounter,
    FakeModels,
    FakeTitles,
    FakeViewing,
    a_profile,
    a_title,
    profiles_of,
    seen,
)

TITLES = [
    a_title("t1", name="Old Harbour", genres=("Crime", "Drama"), cast=("Ines Falk",)),
    a_title("t2", name="New Harbour", genres=("Crime",), maturity=17),
    a_title("t3", name="Snow", genres=("Comedy",), maturity=None),
    a_title("t4", name="Rain", genres=("Drama",), maturity=0, directors=("Ines Falk",)),
    a_title("t5", name="Far Harbour", genres=("Crime",), countries=("FR",)),
]
ANYBODY = Visitor(ACCOUNT, None, NOW)
CHILD = Visitor(ACCOUNT, "p1", NOW)
WITH_MODEL = FakeModels.of(*TITLES)
WITHOUT_MODEL = FakeModels()
both = pytest.mark.parametrize("models", [WITH_MODEL, WITHOUT_MODEL], ids=["model", "fallback"])


def service(models=WITH_MODEL, *, titles=None, viewing=None, count=None):
    titles = titles or FakeTitles.of(*TITLES)
    return TitleService(
        profiles=profiles_of(a_profile(maturity_ceiling=13)),
        viewing=viewing or FakeViewing(),
        titles=titles,
        shelf=Shelf(titles),
        models=models,
        count=count or FakeCounter(),
    )


def ids(answer):
    return [item.title_id for item in answer.items]


def test_the_catalogue_is_what_is_available():
    assert ids(service().browse(ANYBODY, limit=20, next_token=None)) == ["t1", "t2", "t3", "t4"]


def test_a_profile_sees_what_its_ceiling_lets_through():
    assert ids(service().browse(CHILD, limit=20, next_token=None)) == ["t1", "t4"]


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_pages_make_up_the_whole(limit):
    found, token = [], None
    while True:
        page = service().browse(ANYBODY, limit=limit, next_token=token)
        assert len(page.items) <= limit
        found += ids(page)
        token = page.next_token
        if not token:
            break
    assert found == ["t1", "t2", "t3", "t4"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda token: token[:-3] + "AAA",
        lambda token: "A" + token[1:],
        lambda token: token + "x",
        lambda token: "not a token",
        lambda token: "",
        lambda token: "é",
        lambda token: "A" * 100_000,
    ],
)
def test_a_tampered_token_is_refused_by_name(damage):
    token = damage(to_token("t1", now=NOW))
    with pytest.raises(InvalidRequestError) as error:
        from_token(token, now=NOW)
    assert error.value.details[0].field == "next_token"


def test_an_old_token_is_refused():
    token = to_token("t1", now=NOW)
    assert from_token(token, now=NOW + TOKEN_LIFETIME_SECONDS) == "t1"
    with pytest.raises(InvalidRequestError, match="expired"):
        from_token(token, now=NOW + TOKEN_LIFETIME_SECONDS + 1)


@pytest.mark.parametrize(
    ("visitor", "title_id"), [(ANYBODY, "nowhere"), (ANYBODY, "t5"), (CHILD, "t2"), (CHILD, "t3")]
)
def test_a_title_out_of_sight_is_not_found(visitor, title_id):
    with pytest.raises(NotFoundError):
        service().get(visitor, title_id)
    with pytest.raises(NotFoundError):
        service().similar(visitor, title_id, limit=5)


def test_another_accounts_profile_is_not_found():
    with pytest.raises(NotFoundError):
        service().get(Visitor("account-2", "p1", NOW), "t1")


@both
def test_similar_titles_are_filtered_and_never_the_title_itself(models):
    assert "t1" not in ids(service(models).similar(ANYBODY, "t1", limit=5))
    assert set(ids(service(models).similar(CHILD, "t1", limit=5))) == {"t4"}


@both
def test_similar_titles_leave_out_what_was_seen(models):
    viewing = FakeViewing({("p1", "t4"): seen("t4")})
    assert ids(service(models, viewing=viewing).similar(CHILD, "t1", limit=5)) == []


def test_similar_by_genre_says_so():
    answer = service(WITHOUT_MODEL).similar(ANYBODY, "t1", limit=5)
    assert ids(answer) == ["t4", "t2"]  # as like as each other; the more popular one first
    assert answer.items[0].reason.text == "Also Drama"
    assert answer.fallback == "model_missing"


def test_a_title_newer_than_the_model_has_similar_ones_too():
    titles = FakeTitles.of(*TITLES, a_title("t9", genres=("Crime",)))
    count = FakeCounter()
    answer = service(titles=titles, count=count).similar(ANYBODY, "t9", limit=5)
    assert ids(answer) == ["t2", "t1"]
    assert answer.fallback == "title_not_in_model"
    assert count.seen["RecommendationFallback", "title_not_in_model"] == 1


@both
def test_search_finds_by_name_within_the_ceiling(models):
    assert set(ids(service(models).search(ANYBODY, "harbour", limit=5))) == {"t1", "t2"}
    assert ids(service(models).search(CHILD, "harbour", limit=5)) == ["t1"]


@both
def test_search_shows_a_title_that_was_seen(models):
    viewing = FakeViewing({("p1", "t1"): seen("t1")})
    assert ids(service(models, viewing=viewing).search(CHILD, "harbour", limit=5)) == ["t1"]


def test_search_without_a_model_knows_people_and_puts_names_first():
    assert set(ids(service(WITHOUT_MODEL).search(ANYBODY, "ines falk", limit=5))) == {"t1", "t4"}
    assert ids(service(WITHOUT_MODEL).search(ANYBODY, "crime harbour", limit=5)) == ["t2", "t1"]
    assert ids(service(WITHOUT_MODEL).search(ANYBODY, "harbour snow", limit=5)) == []


def test_search_finds_what_came_after_the_model():
    newer = (a_title("t8", name="Lost Harbour"), a_title("t9", name="x", cast=("Ann Harbour",)))
    titles = FakeTitles.of(*TITLES, *newer, a_title("t0", name="Harbour", maturity=18))
    found = service(titles=titles)
    assert ids(found.search(ANYBODY, "harbour", limit=9)) == ["t1", "t2", "t0", "t8", "t9"]
    assert ids(found.search(CHILD, "harbour", limit=9)) == ["t1", "t8", "t9"]
    assert titles.scans == 1


def test_the_scan_is_old_after_a_minute_and_a_new_model_has_its_own():
    titles = FakeTitles.of(*TITLES)
    shelf = Shelf(titles, refresh_seconds=60.0)
    assert len(shelf.everything(NOW)) == 5
    titles.records["t9"] = TitleRecord(a_title("t9"))
    assert len(shelf.everything(NOW + 59)) == 5
    assert len(shelf.everything(NOW + 60)) == 6
    known = {title.title_id for title in TITLES}
    assert [r.title.title_id for r in shelf.beyond("v1", known, NOW + 60)] == ["t9"]
    assert shelf.beyond("v2", {*known, "t9"}, NOW + 60) == ()
    assert titles.scans == 4


def test_a_scan_is_bounded():
    assert len(Shelf(FakeTitles.of(*TITLES), most=3).everything(NOW)) == 3


def test_search_without_a_model_scans_once_a_minute():
    titles = FakeTitles.of(*TITLES)
    found = service(WITHOUT_MODEL, titles=titles)
    for _ in range(4):
        found.search(ANYBODY, "harbour", limit=5)
        found.similar(ANYBODY, "t1", limit=5)
    assert titles.scans == 1


def test_search_does_without_the_new_where_the_table_does_not_answer():
    class Busy(FakeTitles):
        def scan(self, *, after=None):
            raise ThrottledError("busy")

    count = FakeCounter()
    found = service(titles=Busy(FakeTitles.of(*TITLES).records), count=count)
    assert ids(found.search(ANYBODY, "harbour", limit=5)) == ["t1", "t2"]
    assert count.seen["SearchWithoutNewTitles",] == 1


def test_similar_items_say_where_they_come_from():
    titles = FakeTitles.of(*TITLES, a_title("t9", genres=("Crime",)))
    known = service(titles=titles).similar(ANYBODY, "t1", limit=5).items[0]
    assert (known.model_version, known.fallback) == ("v1", None)
    newer = service(titles=titles).similar(ANYBODY, "t9", limit=5).items[0]
    assert (newer.model_version, newer.fallback) == (None, "title_not_in_model")


@both
def test_what_is_found_says_whether_it_can_be_played(models):
    titles = FakeTitles.of(*TITLES)
    titles.records["t1"] = replace(titles.records["t1"], manifest="abc/master.m3u8")
    found = service(models, titles=titles)
    items = found.search(ANYBODY, "harbour", limit=5).items
    assert {item.title_id: item.playable for item in items} == {"t1": True, "t2": False}
    assert found.get(ANYBODY, "t1").playable


@both
def test_search_respects_its_limit(models):
    assert len(service(models).search(ANYBODY, "harbour", limit=1).items) == 1
