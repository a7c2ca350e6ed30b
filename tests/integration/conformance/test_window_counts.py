"""Markers and sums in one transaction: the emulator, and the table in memory that unit tests and
benchmarks use in its place, answer alike."""

import pytest
from conformance import unique

from adapters.trending_counts import TrendingCountsTable
from benchmarks.plane.memory import MemoryDynamo
from services.contributions import Addition, Contribution

EXPIRES = 1_795_460_400


@pytest.fixture(params=["emulator", "memory"])
def counts(request):
    if request.param == "memory":
        return TrendingCountsTable(MemoryDynamo(Trending=("window", "title_id")), "Trending")
    client, name = request.getfixturevalue("aws").client("dynamodb"), unique("trending")
    kinds = {"window": "HASH", "title_id": "RANGE"}
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in kinds.items()],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in kinds],
        BillingMode="PAY_PER_REQUEST",
    )
    return TrendingCountsTable(client, name)


def a_count(number, **measures):
    return Contribution(f"event#{number}", EXPIRES, [Addition("w", "t1#0", EXPIRES, measures)])


def row(counts):
    key = {"window": {"S": "w"}, "title_id": {"S": "t1#0"}}
    item = counts.client.get_item(TableName=counts.table, Key=key)["Item"]
    return {name: float(value["N"]) for name, value in item.items() if name not in key}


def test_measures_add_up_and_a_known_marker_is_left_out(counts):
    assert counts.add([a_count(1, score=1.0), a_count(2, score=2.0, startup_47=1.0)])
    assert counts.add([a_count(2, score=2.0), a_count(3, score=4.5)]) == [a_count(3, score=4.5)]
    assert row(counts) == {"score": 7.5, "startup_47": 1.0, "expires_at": EXPIRES}


def test_what_is_known_altogether_adds_nothing(counts):
    counts.add([a_count(1, score=1.0)])
    assert counts.add([a_count(1, score=1.0)]) == []
    assert row(counts) == {"score": 1.0, "expires_at": EXPIRES}


def test_a_whole_transaction_of_a_hundred_actions(counts):
    assert len(counts.add([a_count(n, score=1.0) for n in range(99)])) == 99
    assert row(counts)["score"] == 99.0
