import pytest

from adapters import clients
from adapters.snapshot_store import SnapshotStore
from recommender.catalogue import Title
from recommender.exchange import read_interactions, read_titles, write_interactions
from recommender.history import Signal, SignalKind

SIGNAL = Signal(title_id="t1", kind=SignalKind.RATE, occurred_at=100.0, value=4.0)


@pytest.fixture
def store(bucket):
    clients.s3().create_bucket(Bucket="lake")
    return SnapshotStore(clients.s3(), "models", "lake")


def download(store, key, tmp_path):
    path = tmp_path / "file.gz"
    store.client.download_file("models", key, str(path))
    return path


def keys(store):
    listing = store.client.list_objects_v2(Bucket="models").get("Contents", [])
    return [entry["Key"] for entry in listing]


def put_import(store, key, tmp_path, count=3):
    path = tmp_path / "import.csv.gz"
    write_interactions(path, [(f"v{n}", SIGNAL) for n in range(count)])
    store.client.upload_file(str(path), "lake", key)


def test_titles_can_be_read_back(store, tmp_path):
    titles = [Title(title_id="t1", name="Old Harbour", genres=("Crime",))]
    assert store.write_titles("run-1", iter(titles)) == 1
    path = download(store, "snapshots/run-1/titles/titles.jsonl.gz", tmp_path)
    assert list(read_titles(path)) == titles


def test_interactions_can_be_read_back(store, tmp_path):
    assert store.write_interactions("run-1", iter([("p1", SIGNAL)])) == 1
    key = "snapshots/run-1/interactions/interactions.csv.gz"
    assert list(read_interactions(download(store, key, tmp_path))) == [("p1", SIGNAL)]


def test_nothing_watched_is_no_file(store):
    assert store.write_interactions("run-1", iter([])) == 0
    assert keys(store) == []


def test_imports_lie_beside_them_and_are_counted(store, tmp_path):
    put_import(store, "imports/movielens/interactions.csv.gz", tmp_path)
    put_import(store, "imports/sample/interactions.csv.gz", tmp_path, 2)
    put_import(store, "imports/sample/notes.txt", tmp_path)
    put_import(store, "elsewhere/x/interactions.csv.gz", tmp_path)
    assert store.copy_imports("run-1") == 5
    assert keys(store) == [
        "snapshots/run-1/interactions/interactions-movielens.csv.gz",
        "snapshots/run-1/interactions/interactions-sample.csv.gz",
    ]


def test_no_imports_are_none(store):
    assert store.copy_imports("run-1") == 0


def test_the_addresses_are_prefixes(store):
    assert store.titles_uri("r") == "s3://models/snapshots/r/titles/"
    assert store.interactions_uri("r") == "s3://models/snapshots/r/interactions/"
