import tempfile
from unittest.mock import patch

import pytest
from botocore.exceptions import EndpointConnectionError, IncompleteReadError

from adapters.mapped_files import mapped
from adapters.model_store import ModelStore
from recommender import Viewer
from recommender.container import pack, unpack
from tests.unit.adapters.artifacts import NOW, an_artifact, publish
from tests.unit.adapters.faulty import Faulty, refused
from tests.unit.services.fakes import FakeCounter


@pytest.fixture
def count():
    return FakeCounter()


@pytest.fixture
def store(bucket, count):
    client, name = bucket
    return ModelStore(Faulty(client), name, count, lambda message: None, refresh_seconds=5.0)


def reads(store, key=None):
    return [
        request["Key"]
        for name, request in store.client.calls
        if name == "get_object" and key in (None, request["Key"])
    ]


def test_the_published_model_is_served(store):
    publish(store.client, store.bucket)
    served = store.current(NOW)
    assert (served.version, served.fallback) == ("v1", None)
    assert served.model.recommend({}, Viewer(), limit=3, now=NOW)


def test_the_pointer_is_read_once_in_a_while_and_the_artifact_once(store):
    publish(store.client, store.bucket)
    for second in range(12):
        store.current(NOW + second)
    assert len(reads(store, "models/current.json")) == 3
    assert len(reads(store, "models/v1/model.bin")) == 1


def test_a_new_pointer_changes_the_model(store):
    publish(store.client, store.bucket, "v1")
    store.current(NOW)
    publish(store.client, store.bucket, "v2")
    assert store.current(NOW + 4).version == "v1"
    assert store.current(NOW + 5).version == "v2"


def damage(data):
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def of_another_schema():
    header, arrays = unpack(an_artifact())
    return pack({**header, "schema": 2}, arrays)


DAMAGES = {
    "truncated": {"stored": an_artifact()[:-100]},
    "empty": {"stored": b""},
    "a flipped bit": {"stored": damage(an_artifact())},
    "of another schema": {"data": of_another_schema()},
    "of another catalogue": {"catalogue": "0" * 64},
    "not an artifact": {"data": b"something else"},
    "truncated before its digest was taken": {"data": an_artifact()[:-100]},
    "another digest": {"sha256": "0" * 64},
}


@pytest.mark.parametrize("how", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_artifact_is_not_served(store, count, how):
    publish(store.client, store.bucket, **how)
    served = store.current(NOW)
    assert (served.model, served.fallback) == (None, "model_damaged")
    assert count.seen["ModelLoadFailed", "model_damaged"] == 1


def test_no_pointer_is_no_model(store, count):
    assert store.current(NOW).fallback == "model_missing"
    assert count.seen["ModelLoadFailed", "model_missing"] == 1


def test_a_pointer_to_nothing_is_no_model(store):
    pointer = publish(store.client, store.bucket)
    store.client.delete_object(Bucket=store.bucket, Key=pointer.key)
    assert store.current(NOW).fallback == "model_missing"


@pytest.mark.parametrize(
    "pointer",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b'{"version": "v1"}',
        b'{"version": "../x", "key": "models/x", "sha256": "x", "bytes": -1, "published_at": 0}',
    ],
)
def test_a_damaged_pointer_is_no_model(store, pointer):
    store.client.put_object(Bucket=store.bucket, Key="models/current.json", Body=pointer)
    assert store.current(NOW).fallback == "model_damaged"


@pytest.mark.parametrize(
    "fault",
    [
        refused("SlowDown", 503),
        refused("InternalError", 500),
        EndpointConnectionError(endpoint_url="https://s3"),
    ],
)
def test_a_bucket_that_does_not_answer_is_unreachable(bucket, count, fault):
    client, name = bucket
    publish(client, name)
    store = ModelStore(Faulty(client, get_object=[fault]), name, count, lambda message: None)
    assert store.current(NOW).fallback == "model_unreachable"
    assert store.current(NOW + 5).version == "v1"


def test_what_may_not_be_listed_is_missing(bucket, count):
    client, name = bucket
    fault = refused("AccessDenied", 403)
    store = ModelStore(Faulty(client, get_object=[fault]), name, count, lambda message: None)
    assert store.current(NOW).fallback == "model_missing"


@pytest.mark.parametrize("how", DAMAGES.values(), ids=DAMAGES)
def test_a_good_model_stays_when_its_successor_is_damaged(store, count, how):
    publish(store.client, store.bucket, "v1")
    store.current(NOW)
    publish(store.client, store.bucket, "v2", **how)
    served = store.current(NOW + 5)
    assert (served.version, served.fallback) == ("v1", None)
    assert count.seen["ModelLoadFailed", "model_damaged"] == 1


def test_a_damaged_successor_is_not_fetched_with_every_look(store):
    publish(store.client, store.bucket, "v1")
    store.current(NOW)
    publish(store.client, store.bucket, "v2", stored=b"x")
    for second in range(5, 60, 5):
        store.current(NOW + second)
    assert len(reads(store, "models/v2/model.bin")) == 1


def test_without_a_model_a_repaired_one_is_taken_at_the_next_look(store):
    publish(store.client, store.bucket, stored=b"x")
    store.current(NOW)
    publish(store.client, store.bucket)
    assert store.current(NOW + 5).version == "v1"


def test_a_good_model_outlives_its_pointer(store):
    publish(store.client, store.bucket)
    store.current(NOW)
    store.client.delete_object(Bucket=store.bucket, Key="models/current.json")
    assert store.current(NOW + 5).version == "v1"


class BrokenOff:
    """A transfer that ends half way."""

    def iter_chunks(self, size):
        yield an_artifact()[:1000]
        raise IncompleteReadError(actual_bytes=1000, expected_bytes=len(an_artifact()))


class FullDisk:
    def iter_chunks(self, size):
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize("body", [BrokenOff(), FullDisk()])
def test_a_transfer_that_breaks_off_leaves_the_model_and_no_file(store, count, body, tmp_path):
    publish(store.client, store.bucket, "v1")
    store.current(NOW)
    publish(store.client, store.bucket, "v2")
    with (
        patch.object(tempfile, "tempdir", str(tmp_path)),
        patch("adapters.published_models.mapped", lambda _: mapped(body)),
    ):
        assert store.current(NOW + 5).version == "v1"
    assert count.seen["ModelLoadFailed", "model_unreachable"] == 1
    assert not list(tmp_path.iterdir())
    assert store.current(NOW + 70).version == "v2"


def test_a_loaded_model_leaves_no_file_and_outlives_its_object(store, tmp_path):
    publish(store.client, store.bucket)
    with patch.object(tempfile, "tempdir", str(tmp_path)):
        model = store.current(NOW).model
    assert not list(tmp_path.iterdir())
    store.client.delete_object(Bucket=store.bucket, Key="models/v1/model.bin")
    assert model.recommend({}, Viewer(), limit=3, now=NOW)


def test_what_failed_is_told_to_the_operator(bucket, count):
    client, name = bucket
    said = []
    publish(client, name, stored=b"x")
    ModelStore(client, name, count, said.append).current(NOW)
    assert "models/v1/model.bin has 1 bytes" in said[0]
