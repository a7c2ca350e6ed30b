import pytest

from adapters.streams_table import StreamsTable
from schemas.errors import ThrottledError, VersionConflictError
from services.streams import AccountLeases, Lease
from tests.unit.adapters.faulty import Faulty, refused

PLAYING = {
    "screen-1": Lease("p1", "t1", 1_795_461_000),
    "screen-2": Lease("p2", "t2", 1_795_461_100),
}


@pytest.fixture
def store(streams_table):
    return StreamsTable(*streams_table)


def test_leases_come_back_as_they_went(store):
    store.put("a1", PLAYING, version=0, keep_until=1_795_462_000)
    assert store.of_account("a1") == AccountLeases(PLAYING, 1)


def test_an_account_that_never_played_has_none(store):
    assert store.of_account("a1") == AccountLeases({}, 0)


def test_the_item_goes_by_itself_after_the_last_lease(store):
    store.put("a1", PLAYING, version=0, keep_until=1_795_462_000)
    item = store.client.get_item(TableName=store.table, Key={"account_id": {"S": "a1"}})["Item"]
    assert item["expires_at"] == {"N": "1795462000"}


@pytest.mark.parametrize("version", [0, 2])
def test_what_somebody_else_wrote_first_is_not_overwritten(store, version):
    store.put("a1", PLAYING, version=0, keep_until=1_795_462_000)
    with pytest.raises(VersionConflictError):
        store.put("a1", {}, version=version, keep_until=1_795_462_000)
    assert store.of_account("a1").leases == PLAYING


def test_a_busy_table_is_to_be_tried_later(store):
    busy = Faulty(store.client, put_item=[refused("ProvisionedThroughputExceededException")])
    with pytest.raises(ThrottledError):
        StreamsTable(busy, store.table).put("a1", PLAYING, version=0, keep_until=1)
