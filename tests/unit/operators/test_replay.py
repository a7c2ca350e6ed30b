"""Replay feeds what is in the lake and in the failure bucket, once, and changes nothing twice."""

from __future__ import annotations

import base64
import io
import itertools
import json
import re
import time

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from adapters.failure_store import FailureStore
from adapters.trending_counts import TrendingCountsTable
from handlers.kinesis import records_of
from schemas.envelope import parse_envelope
from scripts.operators import replay
from scripts.operators.__main__ import app
from scripts.operators.consumers import MOST_BROKEN, Pace
from scripts.operators.refused import REFUSED_PREFIX
from services.lake import LakeHour
from services.trending_counts import TrendingUpdates
from tests.unit.lake.lakehouse import Lakehouse
from tests.unit.lake.records import HOUR, a_record, one_of_each
from tests.unit.services.fakes import FakeCounter, FakeDistribution

NOON = time.time() // HOUR * HOUR - 6 * HOUR
_numbers = itertools.count(1)


class Lambda:
    """Runs the handlers' own code in place of functions; keeps what it was fed."""

    def __init__(self, clients, name):
        self.fed = {"profile-fn": [], "trending-fn": []}
        self.breaks_on = b""  # a record that holds this breaks the function
        self.arrived = []  # Unix seconds
        self.refuse: dict[str, int] = {}  # by event id, how often
        self.dynamodb, self.table = clients["dynamodb"], name
        keys = {"window": "HASH", "title_id": "RANGE"}
        self.dynamodb.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys.items()],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            BillingMode="PAY_PER_REQUEST",
        )
        self.trending = TrendingUpdates(
            trending=TrendingCountsTable(self.dynamodb, name),
            poison=FailureStore(clients["s3"], f"failures-{name}"),
            count=FakeCounter(),
            measure=FakeDistribution(),
        )

    def windows(self):
        items = self.dynamodb.scan(TableName=self.table)["Items"]
        return sorted((i["window"]["S"], i["title_id"]["S"], str(i.get("score"))) for i in items)

    def invoke(self, FunctionName, Payload):  # noqa: N803 - boto3's
        name, _, alias = FunctionName.partition(":")
        assert alias == "live"
        records = records_of(json.loads(Payload))
        self.arrived += [record.arrived_at for record in records]
        if any(self.breaks_on and self.breaks_on in record.data for record in records):
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(b"{}")}
        failed = []
        for record in records:
            event_id = json.loads(record.data)["event"]["event_id"] if self.refuse else ""
            if self.refuse.get(event_id, 0) > 0:
                self.refuse[event_id] -= 1
                failed = [{"itemIdentifier": record.sequence}]
                break
            self.fed[name].append(record.data)
        if name == "trending-fn" and not failed:
            failed = self.trending.apply(records, now=time.time()).failures(records)
        answer = {"batchItemFailures": failed}
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}


@pytest.fixture(scope="module")
def clients():
    """One account for all tests: making clients takes longer than what they do."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        with mock_aws():
            yield {name: boto3.client(name) for name in ("s3", "glue", "dynamodb")}


@pytest.fixture
def world(clients, monkeypatch, tmp_path):
    monkeypatch.setattr("scripts.operators.consumers._PAUSE_SECONDS", 0.0)
    name = f"world-{next(_numbers)}"
    lake = Lakehouse.made(clients["s3"], clients["glue"], tmp_path, bucket=name, database=name)
    lake.failures = f"failures-{name}"
    lake.s3.create_bucket(Bucket=lake.failures)
    versioned = {"Status": "Enabled"}
    lake.s3.put_bucket_versioning(Bucket=lake.failures, VersioningConfiguration=versioned)
    lake.functions = Lambda(clients, name)
    outputs = {
        "LakeBucketName": name,
        "LakeDatabase": name,
        "FailureBucketName": lake.failures,
        "ProfileConsumerName": "profile-fn",
        "TrendingConsumerName": "trending-fn",
    }

    class FakeDeployment:
        def __init__(self, stage):
            pass

        def client(self, service):
            return lake.functions if service == "lambda" else clients[service]

        def output(self, area, name):
            return outputs[name]

    monkeypatch.setattr(replay, "Deployment", FakeDeployment)
    return lake


def run(*words: str) -> str:
    rate = [] if words[0] == "refused" else ["--rate", "1000000"]
    answer = CliRunner().invoke(app, ["replay", *words, *rate])
    assert answer.exit_code == 0, answer.output
    return answer.output


def fed(world, name="profile-fn"):
    return [parse_envelope(data) for data in world.functions.fed[name]]


def by_id(records):
    return sorted(records, key=lambda record: record.event.event_id)


@pytest.mark.parametrize("whole", [True, False], ids=["made whole", "as it landed"])
def test_every_type_is_fed_as_it_was_on_the_stream(world, whole):
    records = one_of_each(NOON)
    world.land("a", records, NOON)
    if whole:
        world.run(now=NOON + 2 * HOUR)
    run("hours", str(LakeHour.at(NOON)))
    assert by_id(fed(world)) == by_id(records)
    assert by_id(fed(world, "trending-fn")) == by_id(records)


@pytest.mark.parametrize("whole", [True, False], ids=["made whole", "as it landed"])
def test_records_of_one_moment_come_in_the_same_order_every_time(world, whole):
    records = [record.model_copy(update={"received_at": NOON}) for record in one_of_each(NOON)]
    world.land("a", records, NOON)
    if whole:
        world.run(now=NOON + 2 * HOUR)
    run("hours", str(LakeHour.at(NOON)), "--to", "profile")
    names = [(record.profile_id, record.event.event_id) for record in fed(world)]
    assert names == sorted(names)


def test_an_old_hours_records_arrive_now_so_that_a_busy_table_sets_none_aside(world):
    world.land("a", [a_record("play", title_id="t1", at=NOON)], NOON)
    begun = int(time.time())
    run("hours", str(LakeHour.at(NOON)), "--to", "profile")
    assert [at >= begun for at in world.functions.arrived] == [True]


def test_the_second_replay_changes_nothing(world):
    viewers = [f"a{n}" for n in range(30)]
    plays = [a_record("play", title_id="t1", at=NOON, account_id=name) for name in viewers]
    world.land("a", plays, NOON)
    run("hours", str(LakeHour.at(NOON)), "--to", "trending")
    once = world.functions.windows()
    assert any("'30" in score for _, _, score in once)
    landed = world.objects()
    run("hours", str(LakeHour.at(NOON)), "--to", "trending")
    assert world.functions.windows() == once
    assert world.objects() == landed


def test_a_dry_run_counts_and_feeds_nothing(world):
    world.land("a", [a_record("play", title_id="t1", at=NOON) for _ in range(3)], NOON)
    output = run("hours", str(LakeHour.at(NOON)), "--dry-run")
    assert re.search(rf"{LakeHour.at(NOON)}.*landing.*1.*3", output)
    assert fed(world) == []


def test_a_range_takes_its_hours_and_no_others(world):
    for age in range(4):
        at = NOON + age * HOUR
        world.land(f"h{age}", [a_record("play", title_id=f"t{age}", at=at)], at)
    run("hours", str(LakeHour.at(NOON + HOUR)), str(LakeHour.at(NOON + 3 * HOUR)))
    assert {record.event.title_id for record in fed(world)} == {"t1", "t2"}


def test_a_range_that_ends_before_it_begins_says_so(world):
    words = ["replay", "hours", "2026-11-23T19", "2026-11-23T19"]
    answer = CliRunner().invoke(app, words)
    assert answer.exit_code == 1


def test_what_a_consumer_wants_again_is_fed_again(world):
    records = [a_record("play", title_id="t1", at=NOON + n) for n in range(5)]
    world.land("a", records, NOON)
    world.functions.refuse[records[2].event.event_id] = 2
    run("hours", str(LakeHour.at(NOON)), "--to", "profile")
    assert fed(world) == records


def test_a_consumer_that_never_takes_a_record_ends_the_replay(world):
    world.land("a", [a_record("play", title_id="t1", at=NOON)], NOON)

    def refuse(FunctionName, Payload):  # noqa: N803 - boto3's
        return {"FunctionError": "Unhandled", "Payload": io.BytesIO(b"{}")}

    world.functions.invoke = refuse
    words = ["replay", "hours", str(LakeHour.at(NOON)), "--rate", "1000000"]
    assert CliRunner().invoke(app, words).exit_code == 1


def put_given_up(world, records):
    kinesis = [
        {
            "kinesis": {
                "sequenceNumber": f"{number:05}",
                "data": base64.b64encode(record.to_json()).decode(),
                "approximateArrivalTimestamp": NOON,
            },
            "eventID": f"shardId-000000000001:{number:05}",
        }
        for number, record in enumerate(records)
    ]
    arn = "arn:aws:lambda:us-east-1:000000000000:function:trending-fn:live"
    body = {
        "requestContext": {"functionArn": arn, "condition": "RetryAttemptsExhausted"},
        "payload": json.dumps({"Records": kinesis}),
    }
    world.s3.put_object(Bucket=world.failures, Key="aws/lambda/m/s/1", Body=json.dumps(body))


def failures_left(world):
    listed = world.s3.list_objects_v2(Bucket=world.failures)
    return [entry["Key"] for entry in listed.get("Contents", [])]


def test_a_batch_that_was_given_up_goes_to_its_consumer_and_is_settled(world):
    records = [a_record("play", title_id="t1", at=NOON) for _ in range(3)]
    put_given_up(world, records)
    assert "1 objects with 3 records" in run("failures", "--dry-run")
    assert failures_left(world) == ["aws/lambda/m/s/1"]
    run("failures")
    assert fed(world, "trending-fn") == records
    assert fed(world) == []
    assert failures_left(world) == []
    run("failures")
    assert fed(world, "trending-fn") == records


def test_a_record_that_is_still_poison_stays_whole(world):
    body = {
        "reason": "schema: unknown", "consumer": "trending", "shard": "shardId-7",
        "sequence": "00042", "arrived_at": NOON, "data": base64.b64encode(b"{").decode(),
    }  # fmt: skip
    day = time.strftime("%Y/%m/%d", time.gmtime(NOON))
    key = f"poison/trending/{day}/shardId-7-00042.json"
    world.s3.put_object(Bucket=world.failures, Key=key, Body=json.dumps(body))
    assert "1 set aside again" in run("failures")
    assert failures_left(world) == [key]


def put_poison(world, number, data):
    body = {
        "reason": "mended since", "consumer": "trending", "shard": "shardId-7",
        "sequence": f"{number:05}", "arrived_at": NOON, "data": base64.b64encode(data).decode(),
    }  # fmt: skip
    key = f"poison/trending/{number:05}.json"
    world.s3.put_object(Bucket=world.failures, Key=key, Body=json.dumps(body))
    return key


def test_a_record_that_breaks_its_function_is_left_and_holds_up_no_others(world):
    records = [a_record("play", title_id=f"t{n}", at=NOON) for n in range(7)]
    put_given_up(world, records[:5])
    put_poison(world, 1, records[5].to_json())
    put_poison(world, 2, records[6].to_json())
    world.functions.breaks_on = b'"t3"'
    answer = CliRunner().invoke(app, ["replay", "failures", "--rate", "1000000"])
    assert answer.exit_code == 1
    assert fed(world, "trending-fn") == [records[n] for n in (5, 6, 0, 1, 2, 4)]
    assert failures_left(world) == ["aws/lambda/m/s/1"]
    world.functions.breaks_on = b""
    run("failures")
    assert failures_left(world) == []


def test_a_function_that_breaks_on_everything_ends_the_replay(world):
    keys = [
        put_poison(world, n, a_record("play", title_id="t1", at=NOON).to_json())
        for n in range(MOST_BROKEN + 5)
    ]
    world.functions.breaks_on = b'"t1"'
    answer = CliRunner().invoke(app, ["replay", "failures", "--rate", "1000000"])
    assert answer.exit_code == 1
    assert len(world.functions.arrived) == MOST_BROKEN
    assert failures_left(world) == keys


def refuse(world, name, *records, between="\n"):
    """An object as Firehose writes it: what it could not convert, an object each."""
    lines = [
        json.dumps(
            {
                "attemptsMade": 1,
                "arrivalTimestamp": int(NOON * 1000),
                "lastErrorCode": "DataFormatConversion.MalformedData",
                "lastErrorMessage": "Data does not match the schema.",
                "rawData": base64.b64encode(data).decode(),
                "sequenceNumber": "49",
            }
        )
        for data in records
    ]
    key = f"{REFUSED_PREFIX}day={LakeHour.at(NOON).day}/{name}"
    world.s3.put_object(Bucket=world.bucket, Key=key, Body=between.join(lines).encode())
    return key


@pytest.mark.parametrize("between", ["", "\n"])
def test_what_firehose_refused_is_landed_and_joins_its_hour(world, between):
    there, lacking = one_of_each(NOON), one_of_each(NOON)
    world.land("a", there, NOON)
    world.run(now=NOON + 2 * HOUR)
    refuse(world, "1", *(r.to_json() for r in [*lacking, there[0]]), between=between)
    assert f"{len(lacking) + 1} records" in run("refused")
    assert not world.objects("errors/")
    world.run(now=NOON + 2 * HOUR)
    assert sorted(world.ids()) == sorted(r.event.event_id for r in [*there, *lacking])
    assert set(world.ids().values()) == {1}


def test_what_is_no_record_stays_where_firehose_put_it(world):
    record = a_record("play", title_id="t1", at=NOON)
    key = refuse(world, "1", b"{", record.to_json())
    for _ in range(2):
        assert "1 records that Firehose refused, and 1 that are none" in run("refused")
        assert world.objects("errors/") == {key}
        world.run(now=NOON + 2 * HOUR)
        assert world.ids() == {record.event.event_id: 1}


def test_a_dry_run_of_what_firehose_refused_lands_nothing(world):
    refuse(world, "1", a_record("play", title_id="t1", at=NOON).to_json())
    before = world.objects()
    assert "1 records" in run("refused", "--dry-run")
    assert world.objects() == before


def test_a_pace_lets_no_more_through_than_its_rate():
    now, naps = [0.0], []

    def sleep(seconds):
        naps.append(seconds)
        now[0] += seconds

    pace = Pace(100, lambda: now[0], sleep)
    for _ in range(5):
        pace.wait(50)
    assert naps == pytest.approx([0.5] * 4)
