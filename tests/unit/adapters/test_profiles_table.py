import pytest

from adapters.profiles_table import ProfilesTable
from schemas.errors import NotFoundError, ThrottledError, VersionConflictError
from schemas.profiles import Profile
from tests.unit.adapters.faulty import Faulty, refused

ADA = Profile(
    profile_id="p1",
    name="Ada",
    maturity_ceiling=8,
    country="FR",
    favourite_genres=["Drama"],
    created_at=1000.5,
)


@pytest.fixture
def store(profiles_table):
    return ProfilesTable(*profiles_table)


def test_a_profile_comes_back_as_it_went(store):
    store.add("a1", ADA, revision=0)
    assert store.get("a1", "p1") == ADA


def test_another_accounts_profile_is_not_found(store):
    store.add("a1", ADA, revision=0)
    with pytest.raises(NotFoundError):
        store.get("a2", "p1")
    with pytest.raises(NotFoundError):
        store.change("a2", "p1", {"name": "Eve"})
    assert store.get("a1", "p1").name == "Ada"


def test_an_accounts_profiles_come_oldest_first(store):
    store.add("a1", ADA, revision=0)
    older = ADA.model_copy(update={"profile_id": "p0", "created_at": 5.0})
    store.add("a1", older, revision=1)
    known = store.of_account("a1")
    assert [p.profile_id for p in known.profiles] == ["p0", "p1"]
    assert known.revision == 2


@pytest.mark.parametrize("stale", [0, 7])
def test_adding_after_somebody_else_is_refused(store, stale):
    store.add("a1", ADA, revision=0)
    with pytest.raises(VersionConflictError):
        store.add("a1", ADA.model_copy(update={"profile_id": "p2"}), revision=stale)
    assert len(store.of_account("a1").profiles) == 1


def test_a_change_sets_and_forgets(store):
    store.add("a1", ADA, revision=0)
    changed = store.change("a1", "p1", {"country": None, "maturity_ceiling": 18})
    assert (changed.country, changed.maturity_ceiling, changed.name) == (None, 18, "Ada")
    assert store.get("a1", "p1") == changed


def test_only_the_country_forgotten(store):
    store.add("a1", ADA, revision=0)
    assert store.change("a1", "p1", {"country": None}).country is None


def test_a_change_does_not_bring_back_what_is_gone(store):
    with pytest.raises(NotFoundError):
        store.change("a1", "p1", {"name": "Ada"})
    assert not store.of_account("a1").profiles


def test_the_last_profile_takes_the_account_with_it(store):
    store.add("a1", ADA, revision=0)
    store.remove("a1", "p1")
    assert store.client.scan(TableName=store.table)["Count"] == 0
    store.add("a1", ADA, revision=0)


def test_removing_one_of_two_keeps_the_guard(store):
    store.add("a1", ADA, revision=0)
    store.add("a1", ADA.model_copy(update={"profile_id": "p2"}), revision=1)
    store.remove("a1", "p1")
    assert store.of_account("a1").revision == 2


def test_a_profile_without_the_guard_can_be_read(store):
    store.client.put_item(
        TableName=store.table,
        Item={
            "account_id": {"S": "a1"},
            "profile_id": {"S": "p1"},
            "name": {"S": "Ada"},
            "created_at": {"N": "1"},
        },
    )
    assert store.get("a1", "p1").maturity_ceiling == 18
    store.add("a1", ADA.model_copy(update={"profile_id": "p2"}), revision=0)


@pytest.mark.parametrize(
    ("operation", "call"),
    [
        ("get_item", lambda store: store.get("a1", "p1")),
        ("query", lambda store: store.of_account("a1")),
        ("transact_write_items", lambda store: store.add("a1", ADA, revision=0)),
        ("update_item", lambda store: store.change("a1", "p1", {"name": "B"})),
        ("delete_item", lambda store: store.remove("a1", "p1")),
    ],
)
def test_a_busy_table_is_throttling(store, operation, call):
    fault = refused("ProvisionedThroughputExceededException")
    busy = ProfilesTable(Faulty(store.client, **{operation: [fault]}), store.table)
    with pytest.raises(ThrottledError):
        call(busy)
