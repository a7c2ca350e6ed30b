"""The stream is away, or busy, for a while: what a client resends arrives, and counts once."""

from __future__ import annotations

import json
import time

import pytest
from botocore.exceptions import EndpointConnectionError

from adapters.edge_words import EdgeCheck
from adapters.event_stream import EventStream
from adapters.viewing_items import state_of
from benchmarks.plane.consumer import Mapping, environment, record, storage
from benchmarks.plane.memory import MemoryBucket, refused
from handlers import events as ingest
from services.events import EventService
from tests.unit.handlers.conftest import EDGE_WORD, Context, http_event
from tests.unit.services.fakes import ACCOUNT, FakeCounter, profiles_of

NOW = 1_795_460_400.0
AWAY = EndpointConnectionError(endpoint_url="https://kinesis")
BUSY = refused("ProvisionedThroughputExceededException")
FAILED = refused("InternalFailure", 500)


class Stream:
    """Takes records, except as ``answers`` say in turn: an error, or the share it refuses."""

    def __init__(self, answers):
        self.records, self.answers = [], list(answers)

    def put_records(self, *, StreamName, Records):  # noqa: N803 - boto3's
        answer = self.answers.pop(0) if self.answers else 0.0
        if isinstance(answer, Exception):
            raise answer
        taken = len(Records) - round(answer * len(Records))
        self.records += Records[:taken]
        code = {"ErrorCode": "ProvisionedThroughputExceededException"}
        return {"Records": [{}] * taken + [code] * (len(Records) - taken)}


@pytest.fixture
def client(monkeypatch):
    """Sends a batch until the server takes it, as pages do; the answers it got on the way."""
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Marquee")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "events")
    monkeypatch.setattr("adapters.faults.time.sleep", lambda _seconds: None)
    edge = EdgeCheck(lambda: {"generation1": EDGE_WORD}, time.monotonic)
    monkeypatch.setattr("handlers.edge.check", lambda: edge)

    def resend(stream, events):
        service = EventService(
            profiles=profiles_of(), events=EventStream(stream, "events"), count=FakeCounter()
        )
        monkeypatch.setattr(ingest, "service", lambda: service)
        answers = []
        while not answers or answers[-1]["statusCode"] != 202:
            assert len(answers) < 100
            body = {"sent_at": time.time(), "events": events}
            request = http_event("POST", "/v1/profiles/p1/events", body=body)
            answers.append(ingest.handler(request, Context()))
        return answers

    return resend


def some(count):
    return [
        {
            "event_id": f"event-{n:05}",
            "type": "complete",
            "title_id": f"t{n}",
            "occurred_at": NOW - n,
        }
        for n in range(count)
    ]


def stored(stream):
    dynamo = storage([(ACCOUNT, "p1")])
    payloads = [entry["Data"] for entry in stream.records]
    with environment(dynamo, MemoryBucket(), clock=lambda: NOW):
        Mapping(clock=lambda: NOW).deliver(
            [record(n, data, arrived_at=NOW) for n, data in enumerate(payloads)]
        )
    return {key[1]: state_of(raw) for key, raw in dynamo.tables["Viewing"].items()}


@pytest.mark.parametrize(
    ("answers", "status"),
    [
        ([BUSY] * 20, 429),
        ([0.5] * 20, 429),
        ([1.0] * 20, 429),
        ([AWAY] * 5, 503),
        ([FAILED] * 5, 503),
    ],
    ids=["busy", "half busy", "all refused", "away", "failing"],
)
def test_what_is_sent_again_arrives_and_counts_once(client, answers, status):
    stream = Stream(answers)
    got = client(stream, some(40))
    assert len(got) > 1
    for answer in got[:-1]:
        assert answer["statusCode"] == status
        assert int(answer["headers"]["Retry-After"]) >= 1
    states = stored(stream)
    assert {title: state.completed_at for title, state in states.items()} == {
        f"t{n}": NOW - n for n in range(40)
    }


def test_a_short_hiccup_is_not_the_clients_to_know(client):
    stream = Stream([BUSY, 0.5, 0.5])
    (answer,) = client(stream, some(40))
    assert json.loads(answer["body"]) == {"accepted": 40, "rejected": []}
    assert len(stream.records) == 40


def test_a_busy_stream_says_which_events_are_missing(client):
    first, *_ = client(Stream([0.5, 1.0, 1.0, 1.0]), some(4))
    body = json.loads(first["body"])
    assert (body["accepted"], [item["index"] for item in body["rejected"]]) == (2, [2, 3])
    assert {item["code"] for item in body["rejected"]} == {"throttled"}
