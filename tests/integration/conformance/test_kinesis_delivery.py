"""Kinesis to Lambda: batches, order, attempts, destinations, consumers."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator

import pytest
from conformance import Aws, unique, wait_for

# Writes what it gets to a bucket, one object a call; behaves as the records tell it.
RECORDER = """
import base64, json, os, time, uuid
import boto3

s3 = boto3.client("s3")

def handler(event, context):
    texts = [base64.b64decode(r["kinesis"]["data"]).decode() for r in event["Records"]]
    call = {"texts": texts, "at": time.time(), "arn": context.invoked_function_arn,
            "sources": sorted({r["eventSourceARN"] for r in event["Records"]})}
    key = f"{time.time_ns()}-{uuid.uuid4().hex[:6]}"
    s3.put_object(Bucket=os.environ["BUCKET"], Key=key, Body=json.dumps(call))
    if any("slow" in text for text in texts):
        time.sleep(3)
    if any("poison" in text for text in texts):
        raise ValueError("poison")
    failed = [r["kinesis"]["sequenceNumber"] for r, text in zip(event["Records"], texts)
              if "refused" in text]
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}
"""


class Scene:
    """A stream, a function that records its calls, and mappings between them."""

    def __init__(self, aws: Aws, shards: int = 1) -> None:
        self.aws, self.kinesis = aws, aws.client("kinesis")
        self.stream = unique("stream")
        self.kinesis.create_stream(StreamName=self.stream, ShardCount=shards)
        self.kinesis.get_waiter("stream_exists").wait(
            StreamName=self.stream, WaiterConfig={"Delay": 1}
        )
        summary = self.kinesis.describe_stream_summary(StreamName=self.stream)
        self.arn = summary["StreamDescriptionSummary"]["StreamARN"]
        self.bucket = aws.bucket()
        self.function = aws.function(RECORDER, Environment={"Variables": {"BUCKET": self.bucket}})
        self.mappings: list[str] = []

    def map(self, **settings) -> str:
        defaults = {
            "FunctionName": self.function,
            "EventSourceArn": self.arn,
            "StartingPosition": "TRIM_HORIZON",
            "BatchSize": 10,
        }
        mapping = self.aws.client("lambda").create_event_source_mapping(**defaults | settings)
        self.mappings.append(mapping["UUID"])
        return mapping["UUID"]

    def put(self, *texts: str, key: str = "one") -> None:
        records = [{"Data": text.encode(), "PartitionKey": key} for text in texts]
        self.kinesis.put_records(StreamName=self.stream, Records=records)

    def calls(self) -> list[dict]:
        found = self.aws.objects(self.bucket)
        return [json.loads(found[key]) for key in sorted(found)]

    def texts(self) -> list[str]:
        return [text for call in self.calls() for text in call["texts"]]


@pytest.fixture
def scene(aws) -> Iterator[Scene]:
    scene = Scene(aws)
    yield scene
    for mapping in scene.mappings:
        aws.client("lambda").delete_event_source_mapping(UUID=mapping)


def failures_to(aws: Aws, target: str) -> dict:
    return {"DestinationConfig": {"OnFailure": {"Destination": target}}}


def test_records_arrive_in_order_in_batches_within_a_moment(scene):
    scene.map(BatchSize=4)
    time.sleep(0.2)
    began = time.time()
    scene.put(*"abcdefghij")
    wait_for(lambda: len(scene.texts()) == 10)
    assert scene.texts() == list("abcdefghij")
    assert [len(call["texts"]) for call in scene.calls()] == [4, 4, 2]
    assert scene.calls()[-1]["at"] - began < 3


def test_a_window_gathers_records_until_it_ends(scene):
    scene.map(BatchSize=100, MaximumBatchingWindowInSeconds=1)
    for text in "abc":
        scene.put(text)
        time.sleep(0.1)
    wait_for(lambda: len(scene.texts()) == 3)
    assert [call["texts"] for call in scene.calls()] == [["a", "b", "c"]]


def test_a_full_batch_does_not_wait_for_its_window(scene):
    scene.map(BatchSize=2, MaximumBatchingWindowInSeconds=30)
    scene.put("a", "b")
    wait_for(lambda: scene.texts() == ["a", "b"], seconds=5)


def test_a_poison_record_is_given_up_whole_to_a_bucket_and_the_rest_delivered(aws, scene):
    failures = aws.bucket()
    scene.map(
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=1,
        **failures_to(aws, f"arn:aws:s3:::{failures}"),
    )
    scene.put("a", "b", "poison", "d")
    ((key, body),) = wait_for(lambda: aws.objects(failures)).items()
    record = json.loads(body)
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 2
    assert record["KinesisBatchInfo"]["batchSize"] == 1
    assert record["KinesisBatchInfo"]["streamArn"] == scene.arn
    (kept,) = json.loads(record["payload"])["Records"]
    assert base64.b64decode(kept["kinesis"]["data"]) == b"poison"
    assert key.startswith(f"aws/lambda/{scene.mappings[0]}/shardId-000000000000/20")
    wait_for(lambda: "d" in scene.texts())
    assert {"a", "b"} <= set(scene.texts())


def test_a_queue_learns_where_the_batch_was_without_its_records(aws, scene):
    queues = aws.client("sqs")
    url = queues.create_queue(QueueName=unique("failures"))["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    scene.map(MaximumRetryAttempts=0, **failures_to(aws, arn["QueueArn"]))
    scene.put("poison", "b")
    (message,) = wait_for(lambda: queues.receive_message(QueueUrl=url).get("Messages"))
    record = json.loads(message["Body"])
    assert record["KinesisBatchInfo"]["batchSize"] == 2
    assert "payload" not in record


def test_a_partial_response_loses_no_record(aws, scene):
    failures = aws.bucket()
    scene.map(
        FunctionResponseTypes=["ReportBatchItemFailures"],
        MaximumRetryAttempts=1,
        **failures_to(aws, f"arn:aws:s3:::{failures}"),
    )
    scene.put("a", "refused", "c")
    ((_, body),) = wait_for(lambda: aws.objects(failures)).items()
    kept = json.loads(json.loads(body)["payload"])["Records"]
    assert [base64.b64decode(r["kinesis"]["data"]) for r in kept] == [b"refused", b"c"]
    assert [call["texts"] for call in scene.calls()] == [["a", "refused", "c"], ["refused", "c"]]


def test_a_slow_mapping_does_not_hold_up_another(aws, scene):
    other = Scene(aws)
    scene.map()
    other.map()
    scene.put("slow")
    wait_for(scene.calls)
    began = time.monotonic()
    other.put("quick")
    wait_for(other.calls, seconds=2.5)
    assert time.monotonic() - began < 2.5
    aws.client("lambda").delete_event_source_mapping(UUID=other.mappings[0])


def test_lanes_work_at_once_and_keep_the_order_of_each_key(scene):
    scene.map(ParallelizationFactor=10, BatchSize=1)
    keys = [f"key-{number}" for number in range(6)]
    scene.put("slow", key="blocked")
    for key in keys:
        scene.put(*(f"{key}/{number}" for number in range(3)), key=key)
    # At least most of the keys have a lane that the slow one does not share.
    wait_for(lambda: len(scene.texts()) >= 10, seconds=2.8)
    wait_for(lambda: len(scene.texts()) == 19)
    for key in keys:
        assert [text for text in scene.texts() if text.startswith(f"{key}/")] == [
            f"{key}/{number}" for number in range(3)
        ]


def test_latest_starts_with_what_comes_after_the_mapping(scene):
    scene.put("before")
    scene.map(StartingPosition="LATEST")
    scene.put("after")
    wait_for(scene.calls)
    assert scene.texts() == ["after"]


def test_an_enhanced_fan_out_consumer_is_a_source(scene):
    consumer = scene.kinesis.register_stream_consumer(StreamARN=scene.arn, ConsumerName="fan-out")[
        "Consumer"
    ]["ConsumerARN"]
    scene.map(EventSourceArn=consumer)
    scene.put("a")
    (call,) = wait_for(scene.calls)
    assert call["sources"] == [consumer]


def test_a_mapping_to_an_alias_calls_the_version_behind_it(aws, scene):
    functions = aws.client("lambda")
    version = functions.publish_version(FunctionName=scene.function)["Version"]
    functions.create_alias(FunctionName=scene.function, Name="live", FunctionVersion=version)
    scene.map(FunctionName=f"{scene.function}:live")
    scene.put("a")
    (call,) = wait_for(scene.calls)
    assert call["arn"].endswith(f":{version}") or call["arn"].endswith(":live")


def test_a_filter_leaves_out_what_does_not_match(scene):
    pattern = json.dumps({"data": {"type": ["play"]}})
    scene.map(FilterCriteria={"Filters": [{"Pattern": pattern}]})
    scene.put(json.dumps({"type": "stop"}), json.dumps({"type": "play"}))
    wait_for(scene.calls)
    assert [json.loads(text)["type"] for text in scene.texts()] == ["play"]


def test_a_mapping_deleted_while_it_is_busy_tries_no_more(aws, scene):
    mapping = scene.map(MaximumRetryAttempts=-1)
    scene.put("poison")
    wait_for(scene.calls)
    aws.client("lambda").delete_event_source_mapping(UUID=mapping)
    scene.mappings.clear()
    time.sleep(0.5)
    before = len(scene.calls())
    time.sleep(1)
    assert len(scene.calls()) == before


def test_a_disabled_mapping_goes_on_where_it_stopped(aws, scene):
    mapping = scene.map()
    scene.put("a")
    wait_for(scene.calls)
    functions = aws.client("lambda")
    functions.update_event_source_mapping(UUID=mapping, Enabled=False)
    scene.put("b")
    time.sleep(0.5)
    assert scene.texts() == ["a"]
    functions.update_event_source_mapping(UUID=mapping, Enabled=True)
    wait_for(lambda: scene.texts() == ["a", "b"])
