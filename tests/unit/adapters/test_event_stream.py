import pytest
from botocore.exceptions import ReadTimeoutError

from adapters import clients
from adapters.event_stream import EventStream
from schemas.envelope import parse_envelope, sealed
from schemas.errors import RetryLaterError
from schemas.events import parse_event
from tests.unit.adapters.faulty import Faulty, refused

NOW = 1_795_460_400.0


def envelopes(count):
    events = [{"event_id": f"event-{n:04}", "type": "play", "title_id": "t1"} for n in range(count)]
    return [
        sealed(parse_event(e), account_id="a1", profile_id="p1", received_at=NOW) for e in events
    ]


@pytest.fixture
def client():
    clients.kinesis().create_stream(StreamName="events", ShardCount=1)
    return clients.kinesis()


def on_stream(client):
    shard = client.list_shards(StreamName="events")["Shards"][0]["ShardId"]
    start = client.get_shard_iterator(
        StreamName="events", ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )
    records = client.get_records(ShardIterator=start["ShardIterator"], Limit=10_000)["Records"]
    return [(r["PartitionKey"], parse_envelope(r["Data"]).event.event_id) for r in records]


def refusing(*places, code="ProvisionedThroughputExceededException"):
    def answer(real, request):
        taken = [r for place, r in enumerate(request["Records"]) if place not in places]
        if taken:
            real(StreamName=request["StreamName"], Records=taken)
        return {
            "Records": [
                {"ErrorCode": code} if place in places else {"SequenceNumber": "1"}
                for place in range(len(request["Records"]))
            ]
        }

    return answer


def test_events_arrive_by_profile(client):
    assert EventStream(client, "events").put(envelopes(3)) == []
    assert on_stream(client) == [("p1", f"event-{n:04}") for n in range(3)]


def test_more_than_a_call_takes_are_several_calls(client):
    faulty = Faulty(client)
    assert EventStream(faulty, "events").put(envelopes(1001)) == []
    assert [len(request["Records"]) for _, request in faulty.calls] == [500, 500, 1]


def test_only_what_was_refused_is_put_again(client, naps):
    faulty = Faulty(client, put_records=[refusing(1, 2), refusing(0)])
    assert EventStream(faulty, "events").put(envelopes(4)) == []
    assert [len(request["Records"]) for _, request in faulty.calls] == [4, 2, 1]
    assert sorted(event for _, event in on_stream(client)) == [f"event-{n:04}" for n in range(4)]
    assert len(naps) == 2


def test_what_is_refused_to_the_last_is_told_by_place(client):
    faulty = Faulty(client, put_records=[refusing(1, 3), *[refusing(0, 1)] * 9])
    assert EventStream(faulty, "events").put(envelopes(4)) == [1, 3]
    assert len(faulty.calls) == 4


def test_an_inner_failure_of_one_record_is_put_again_too(client):
    faulty = Faulty(client, put_records=[refusing(0, code="InternalFailure")])
    assert EventStream(faulty, "events").put(envelopes(1)) == []


def test_a_call_that_is_throttled_as_a_whole_is_tried_again(client):
    fault = refused("ProvisionedThroughputExceededException")
    assert EventStream(Faulty(client, put_records=[fault]), "events").put(envelopes(2)) == []
    assert EventStream(Faulty(client, put_records=[fault] * 9), "events").put(envelopes(2)) == [
        0,
        1,
    ]


def test_a_stream_that_does_not_answer_is_unavailable(client):
    fault = ReadTimeoutError(endpoint_url="https://kinesis")
    with pytest.raises(RetryLaterError):
        EventStream(Faulty(client, put_records=[fault]), "events").put(envelopes(1))


LONGEST = [
    {"type": "progress", "title_id": "t" * 64, "position_seconds": 999_999.999}
    | {"duration_seconds": 999_999.999, "session_id": "s" * 64},
    {"type": "impression", "title_id": "t" * 64, "row_id": "\x01" * 100, "position": 10_000}
    | {"model_version": "\x01" * 64, "propensity": 1 / 3},
    {"type": "search", "query": "\x01" * 200, "result_count": 100_000},
    {"type": "playback_quality", "title_id": "t" * 64, "session_id": "s" * 64}
    | {"error_codes": ["e" * 64] * 8},
]


@pytest.mark.parametrize("fields", LONGEST, ids=lambda fields: fields["type"])
def test_a_full_call_is_far_below_the_streams_limit(fields):
    sent = sealed(
        parse_event({"event_id": "e" * 64, "occurred_at": NOW} | fields),
        account_id="a" * 128,
        profile_id="p" * 64,
        received_at=NOW,
        sent_at=NOW,
        country="DE",
        maturity_ceiling=18,
    ).to_json()
    assert 500 * len(sent) < 5_000_000
    assert parse_envelope(sent).event.event_id == "e" * 64
