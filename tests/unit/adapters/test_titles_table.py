import pytest

from adapters.items import to_raw
from adapters.titles_table import TitlesTable
from recommender.catalogue import Title

FULL = Title(
    title_id="t1",
    name="Old Harbour",
    year=1995,
    genres=("Crime", "Drama"),
    cast=("Ines Falk",),
    directors=("Bo Lind",),
    plot="Nets, and a body.",
    maturity=13,
    available_from=100.5,
    available_until=200.0,
    countries=("FR",),
)


@pytest.fixture
def store(titles_table):
    return TitlesTable(*titles_table)


def put(store, **fields):
    store.client.put_item(TableName=store.table, Item=to_raw(fields))


def as_item(title, **more):
    return {name: getattr(title, name) for name in Title.__dataclass_fields__} | more


def test_a_title_comes_back_as_it_went(store):
    put(store, **as_item(FULL, popularity=12.5, manifest="master.m3u8"))
    record = store.get("t1")
    assert (record.title, record.popularity, record.manifest) == (FULL, 12.5, "master.m3u8")


def test_a_bare_title_is_enough(store):
    put(store, title_id="t1", name="Snow")
    record = store.get("t1")
    assert (record.title, record.manifest) == (Title(title_id="t1", name="Snow"), None)


@pytest.mark.parametrize("manifest", ["", "/etc/passwd", "../x", "https://x/y", "a b"])
def test_a_manifest_out_of_its_folder_is_none(store, manifest):
    put(store, title_id="t1", name="Snow", manifest=manifest or "?")
    assert store.get("t1").manifest is None


def test_what_we_dont_know_of_a_title_is_no_harm(store):
    put(store, title_id="t1", name="Snow", certificate="PG", packaged_at=3)
    assert store.get("t1").title.name == "Snow"


def test_an_absent_title_is_none(store):
    assert store.get("t1") is None
    assert store.get_many(["t1"]) == {}


def test_a_scan_gives_all_once_and_goes_on_after_any(store):
    for number in range(130):
        put(store, title_id=f"t{number:03}", name="x")
    ids = [record.title.title_id for record in store.scan()]
    assert sorted(ids) == [f"t{number:03}" for number in range(130)]
    assert [r.title.title_id for r in store.scan(after=ids[99])] == ids[100:]


@pytest.mark.parametrize("consistent", [True, False])
def test_a_read_that_must_see_the_last_write_asks_for_it(store, monkeypatch, consistent):
    asked = []
    monkeypatch.setattr(store.client, "get_item", lambda **request: asked.append(request) or {})
    TitlesTable(store.client, store.table, consistent=consistent).get("t1")
    assert [request["ConsistentRead"] for request in asked] == [consistent]
