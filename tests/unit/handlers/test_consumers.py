import base64
import json

import pytest

from handlers import profile_consumer, trending_consumer
from schemas.envelope import sealed
from schemas.events import parse_event
from services.profile_updates import ProfileUpdates
from services.trending_counts import TrendingUpdates
from tests.unit.handlers.conftest import Context
from tests.unit.services.fakes import (
    NOW,
    FakeCounter,
    FakeDistribution,
    FakePoison,
    FakeProfiles,
    FakeViewing,
    a_profile,
)


def a_payload(number, **fields):
    raw = {"event_id": f"event-{number:04}", "type": "complete", "title_id": "t1"} | fields
    envelope = sealed(parse_event(raw), account_id="a1", profile_id="p1", received_at=NOW)
    return envelope.to_json()


def kinesis_event(*payloads):
    return {
        "Records": [
            {
                "kinesis": {
                    "kinesisSchemaVersion": "1.0",
                    "partitionKey": "p1",
                    "sequenceNumber": f"{number:021}",
                    "data": base64.b64encode(data).decode(),
                    "approximateArrivalTimestamp": NOW,
                },
                "eventSource": "aws:kinesis",
                "eventID": f"shardId-000000000007:{number:021}",
                "eventName": "aws:kinesis:record",
                "awsRegion": "us-east-1",
            }
            for number, data in enumerate(payloads)
        ]
    }


PROFILES = FakeProfiles({("a1", "p1"): a_profile("p1")})


class Counts:
    def __init__(self):
        self.total = 0

    def add(self, counts):
        self.total += len(counts)
        return counts


@pytest.fixture
def poison():
    return FakePoison()


def test_the_profile_consumer_answers_a_partial_batch(monkeypatch, poison):
    viewing = FakeViewing(failing={("p1", "t2")})
    updates = ProfileUpdates(profiles=PROFILES, viewing=viewing, poison=poison, count=FakeCounter())
    monkeypatch.setattr(profile_consumer, "service", lambda: updates)
    monkeypatch.setattr(profile_consumer.time, "time", lambda: NOW)
    event = kinesis_event(a_payload(1), b"poison", a_payload(2, title_id="t2"))
    answer = profile_consumer.handler(event, Context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": f"{2:021}"}]}
    assert list(viewing.stored) == [("p1", "t1")]


def test_poison_is_kept_with_its_shard_and_sequence(monkeypatch, poison):
    updates = ProfileUpdates(
        profiles=PROFILES, viewing=FakeViewing(), poison=poison, count=FakeCounter()
    )
    monkeypatch.setattr(profile_consumer, "service", lambda: updates)
    answer = profile_consumer.handler(kinesis_event(b"\xff\x00"), Context())
    assert answer == {"batchItemFailures": []}
    _, record, _ = poison.kept[0]
    assert (record.shard, record.sequence) == ("shardId-000000000007", f"{0:021}")
    assert (record.data, record.arrived_at) == (b"\xff\x00", NOW)


def test_the_trending_consumer_counts(monkeypatch, poison):
    counts = Counts()
    updates = TrendingUpdates(
        trending=counts, poison=poison, count=FakeCounter(), measure=FakeDistribution()
    )
    monkeypatch.setattr(trending_consumer, "service", lambda: updates)
    monkeypatch.setattr(trending_consumer.time, "time", lambda: NOW)
    event = kinesis_event(a_payload(1), a_payload(2, type="impression"))
    assert trending_consumer.handler(event, Context()) == {"batchItemFailures": []}
    assert counts.total == 1


def test_poison_records_are_a_metric(monkeypatch, poison, capsys):
    from adapters.observability import count

    updates = ProfileUpdates(profiles=PROFILES, viewing=FakeViewing(), poison=poison, count=count)
    monkeypatch.setattr(profile_consumer, "service", lambda: updates)
    profile_consumer.handler(kinesis_event(b"x", b"y"), Context())
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (metric,) = [line for line in lines if "PoisonRecords" in line]
    assert metric["PoisonRecords"] == [2.0]
    assert metric["consumer"] == "profile"
