"""Conditional statements, many a call: the emulator, and the tables in memory that unit tests
and benchmarks use in its place, answer alike."""

from dataclasses import replace

import pytest
from conformance import unique

from adapters.viewing_table import ViewingTable
from benchmarks.plane.memory import MemoryDynamo
from recommender.history import TitleState
from services.ports import StateWrite, StoredState

NOW = 1_795_460_400.123
STATE = TitleState(
    title_id="t1", position_seconds=61.5, position_at=NOW, rating=4.5, rated_at=NOW, listed=True
)
EMPTY = StoredState(TitleState(title_id="t1"), 0)


@pytest.fixture(params=["emulator", "memory"])
def store(request):
    if request.param == "memory":
        return ViewingTable(MemoryDynamo(Viewing=("profile_id", "title_id")), "Viewing")
    client, name = request.getfixturevalue("aws").client("dynamodb"), unique("viewing")
    kinds = {"profile_id": "HASH", "title_id": "RANGE"}
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in kinds.items()],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in kinds],
        BillingMode="PAY_PER_REQUEST",
    )
    return ViewingTable(client, name)


def a_write(profile="p1", state=STATE, known=EMPTY):
    return StateWrite("a1", profile, state, known)


def test_what_is_new_is_inserted(store):
    refusals = store.put_many([a_write(f"p{n}") for n in range(60)])
    assert (refusals.conflicts, refusals.busy) == ([], [])
    assert store.get("p59", "t1") == StoredState(STATE, 1)
    assert store.history("p59") == {"t1": STATE}


def test_what_is_known_is_replaced_and_what_was_taken_back_is_gone(store):
    store.put_many([a_write()])
    later = replace(STATE, rating=None, rated_at=NOW + 1, dismissed_at=NOW + 1)
    assert store.put_many([a_write(state=later, known=StoredState(STATE, 1))]).conflicts == []
    assert store.get("p1", "t1") == StoredState(later, 2)


@pytest.mark.parametrize("version", [0, 3])
def test_who_knows_another_version_is_refused_alone(store, version):
    store.put_many([a_write()])
    stale = a_write(state=replace(STATE, listed=False), known=StoredState(EMPTY.state, version))
    absent = a_write("nobody", known=StoredState(STATE, 5))
    refusals = store.put_many([a_write("p2"), stale, absent, a_write("p3")])
    assert (sorted(refusals.conflicts), refusals.busy) == ([1, 2], [])
    assert store.get("p1", "t1") == StoredState(STATE, 1)
    assert store.get("nobody", "t1").version == 0
    assert store.get("p3", "t1").version == 1
