from dataclasses import replace

import pytest

from adapters.viewing_table import ViewingTable
from recommender.history import TitleState
from schemas.errors import ThrottledError, VersionConflictError
from tests.unit.adapters.faulty import Faulty, refused

NOW = 1_795_460_400.123
STATE = TitleState(
    title_id="t1",
    position_seconds=61.5,
    duration_seconds=600.0,
    position_at=NOW,
    completed_at=NOW - 1,
    rating=4.5,
    rated_at=NOW,
    listed=True,
    listed_at=NOW,
)


@pytest.fixture
def store(viewing_table):
    return ViewingTable(*viewing_table)


def fill(store, profile_id, count):
    for number in range(count):
        store.put("a1", profile_id, replace(STATE, title_id=f"t{number}"), version=0)


def test_a_state_comes_back_as_it_went(store):
    store.put("a1", "p1", STATE, version=0)
    assert store.get("p1", "t1").state == STATE
    assert store.history("p1") == {"t1": STATE}
    assert store.get_many([("p1", "t1"), ("p2", "t1")])["p1", "t1"].version == 1


def test_what_was_never_stored_is_empty(store):
    stored = store.get("p1", "t1")
    assert (stored.state, stored.version) == (TitleState(title_id="t1"), 0)
    assert store.get_many([("p1", "t1")]) == {}
    assert store.history("p1") == {}


@pytest.mark.parametrize("stale", [0, 7])
def test_the_lock_refuses_who_read_before_somebody_wrote(store, stale):
    store.put("a1", "p1", STATE, version=0)
    with pytest.raises(VersionConflictError):
        store.put("a1", "p1", replace(STATE, rating=1.0), version=stale)
    store.put("a1", "p1", replace(STATE, rating=1.0), version=1)
    assert store.get("p1", "t1").state.rating == 1.0


def test_what_is_no_longer_so_is_removed(store):
    store.put("a1", "p1", STATE, version=0)
    store.put("a1", "p1", replace(STATE, rating=None), version=1)
    assert store.get("p1", "t1").state.rating is None


def test_an_item_without_a_version_can_be_taken_over(store):
    item = {"profile_id": {"S": "p1"}, "title_id": {"S": "t1"}, "rating": {"N": "3"}}
    store.client.put_item(TableName=store.table, Item=item)
    assert store.get("p1", "t1").version == 0
    store.put("a1", "p1", STATE, version=0)


def test_forgetting_leaves_nothing_of_the_profile(store):
    fill(store, "p1", 60)
    fill(store, "p2", 2)
    store.forget("p1", now=NOW)
    assert store.history("p1") == {}
    assert len(store.history("p2")) == 2
    assert store.forgotten(["p1", "p2"]) == {"p1"}


def test_forgetting_twice_is_no_harm(store):
    store.forget("p1", now=NOW)
    store.forget("p1", now=NOW)
    assert store.forgotten(["p1"]) == {"p1"}


def test_forgetting_goes_through_all_pages(store, monkeypatch):
    fill(store, "p1", 30)

    def short(real, request):
        return real(**request, Limit=7)

    paged = ViewingTable(Faulty(store.client, query=[short] * 30), store.table)
    paged.forget("p1", now=NOW)
    assert store.history("p1") == {}
    assert sum(name == "query" for name, _ in paged.client.calls) >= 5


def test_forgetting_that_was_interrupted_goes_on(store):
    fill(store, "p1", 60)
    fault = refused("ThrottlingException")

    def one(real, request):
        return real(**request)

    flaky = ViewingTable(Faulty(store.client, batch_write_item=[one, fault]), store.table)
    with pytest.raises(ThrottledError):
        flaky.forget("p1", now=NOW)
    assert 0 < len(store.history("p1")) < 60
    store.forget("p1", now=NOW)
    assert store.history("p1") == {}


def test_the_memory_of_a_deleted_profile_goes_by_itself(store):
    store.forget("p1", now=NOW)
    (item,) = store.client.scan(TableName=store.table)["Items"]
    assert int(item["expires_at"]["N"]) > NOW + 7 * 24 * 3600


def test_training_sees_everybody_and_no_graves(store):
    fill(store, "p1", 2)
    fill(store, "p2", 1)
    store.forget("p3", now=NOW)
    assert sorted(profile for profile, _ in store.scan()) == ["p1", "p1", "p2"]


def test_a_busy_table_is_throttling(store):
    fault = refused("ThrottlingException")
    busy = ViewingTable(Faulty(store.client, put_item=[fault], get_item=[fault]), store.table)
    with pytest.raises(ThrottledError):
        busy.put("a1", "p1", STATE, version=0)
    with pytest.raises(ThrottledError):
        busy.get("p1", "t1")
