import pytest
from botocore.exceptions import EndpointConnectionError

from adapters.editorial_store import EditorialStore
from recommender.editorial import NO_RULES
from schemas.editorial import EDITORIAL_KEY
from tests.unit.adapters.faulty import Faulty, refused
from tests.unit.services.fakes import NOW, FakeCounter

PIN = b'{"pins": [{"title_id": "t1", "place": 1}]}'


@pytest.fixture
def count():
    return FakeCounter()


@pytest.fixture
def said():
    return []


@pytest.fixture
def store(bucket, count, said):
    client, name = bucket
    return EditorialStore(Faulty(client), name, count, said.append, refresh_seconds=5.0)


def put(store, body):
    store.client.put_object(Bucket=store.bucket, Key=EDITORIAL_KEY, Body=body)


def pinned(rules):
    return [pin.title_id for pin in rules.pins]


def test_no_document_is_no_rules_and_no_fault(store, count):
    assert store.current(NOW) == NO_RULES
    assert not count.seen


def test_rules_are_read_once_in_a_while(store):
    put(store, PIN)
    assert pinned(store.current(NOW)) == ["t1"]
    put(store, PIN.replace(b"t1", b"t2"))
    assert pinned(store.current(NOW + 4)) == ["t1"]
    assert pinned(store.current(NOW + 5)) == ["t2"]
    assert [name for name, _ in store.client.calls].count("get_object") == 2


def test_a_document_that_did_not_change_stays(store):
    put(store, PIN)
    for second in (0, 5, 10):
        assert pinned(store.current(NOW + second)) == ["t1"]


def test_rules_taken_back_are_gone(store):
    put(store, PIN)
    store.current(NOW)
    store.client.delete_object(Bucket=store.bucket, Key=EDITORIAL_KEY)
    assert store.current(NOW + 5) == NO_RULES
    put(store, PIN)
    assert pinned(store.current(NOW + 10)) == ["t1"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"pins": [{}]}'])
def test_a_damaged_document_leaves_the_last_good_rules(store, count, said, body):
    put(store, PIN)
    store.current(NOW)
    put(store, body)
    for second in (5, 10, 15):
        assert pinned(store.current(NOW + second)) == ["t1"]
    assert count.seen["EditorialRulesFailed", "damaged"] == 1
    assert EDITORIAL_KEY in said[0]


def test_a_damaged_document_without_any_before_is_no_rules(store, count):
    put(store, b"{")
    assert store.current(NOW) == NO_RULES
    assert count.seen["EditorialRulesFailed", "damaged"] == 1
    put(store, PIN)
    assert pinned(store.current(NOW + 5)) == ["t1"]


@pytest.mark.parametrize(
    "fault",
    [
        refused("SlowDown", 503),
        refused("InternalError", 500),
        refused("KMS.DisabledException", 400),
        EndpointConnectionError(endpoint_url="https://s3"),
    ],
)
def test_a_bucket_that_does_not_answer_leaves_the_last_good_rules(bucket, count, fault):
    client, name = bucket
    faulty = Faulty(client)
    store = EditorialStore(faulty, name, count, lambda message: None)
    put(store, PIN)
    store.current(NOW)
    faulty._answers["get_object"] = [fault]
    assert pinned(store.current(NOW + 5)) == ["t1"]
    assert count.seen["EditorialRulesFailed", "unreachable"] == 1
    assert pinned(store.current(NOW + 10)) == ["t1"]


def test_what_may_not_be_listed_is_missing(bucket, count):
    client, name = bucket
    faulty = Faulty(client, get_object=[refused("AccessDenied", 403)])
    assert EditorialStore(faulty, name, count, lambda message: None).current(NOW) == NO_RULES
    assert not count.seen
