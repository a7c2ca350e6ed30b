"""Where a batch goes that was given up: a queue or topic gets its position, a bucket all of it."""

from __future__ import annotations

import json
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from local.emulator.clients import client
from local.emulator.kinesis_delivery.attempts import GivenUp, Record
from local.emulator.kinesis_delivery.mapping import DeliverySettings


def send(
    settings: DeliverySettings,
    shard: str,
    records: list[Record],
    why: GivenUp,
    attempts: int,
    *,
    account: str,
    region: str,
) -> None:
    """Sends the invocation record; does nothing where the mapping has no destination."""
    target = settings.on_failure
    if target is None:
        return
    record = _invocation_record(settings, shard, records, why, attempts)
    service = target.split(":")[2]
    if service == "s3":
        record["payload"] = json.dumps({"Records": records})
        client("s3", account, region).put_object(
            Bucket=target.partition(":::")[2],
            Key=_key(settings.uuid, shard),
            Body=json.dumps(record).encode(),
            ContentType="application/json",
        )
    elif service == "sqs":
        queues = client("sqs", account, region)
        url = queues.get_queue_url(QueueName=target.rpartition(":")[2])["QueueUrl"]
        queues.send_message(QueueUrl=url, MessageBody=json.dumps(record))
    else:
        client("sns", account, region).publish(TopicArn=target, Message=json.dumps(record))


def _invocation_record(
    settings: DeliverySettings, shard: str, records: list[Record], why: GivenUp, attempts: int
) -> dict[str, Any]:
    first, last = records[0]["kinesis"], records[-1]["kinesis"]
    record: dict[str, Any] = {
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "functionArn": settings.function_arn,
            "condition": str(why),
            "approximateInvokeCount": attempts,
        },
        "version": "1.0",
        "timestamp": _time(time.time()),
        "KinesisBatchInfo": {
            "shardId": shard,
            "startSequenceNumber": first["sequenceNumber"],
            "endSequenceNumber": last["sequenceNumber"],
            "approximateArrivalOfFirstRecord": _time(first["approximateArrivalTimestamp"]),
            "approximateArrivalOfLastRecord": _time(last["approximateArrivalTimestamp"]),
            "batchSize": len(records),
            "streamArn": settings.source_arn.partition("/consumer/")[0],
        },
    }
    if attempts:
        record["responseContext"] = {
            "statusCode": 200,
            "executedVersion": settings.qualifier or "$LATEST",
            "functionError": "Unhandled",
        }
    return record


def _time(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _key(mapping: str, shard: str) -> str:
    now = datetime.now(UTC)
    day, moment = now.strftime("%Y/%m/%d"), now.strftime("%Y-%m-%dT%H.%M.%S")
    return f"aws/lambda/{mapping}/{shard}/{day}/{moment}-{uuid.uuid4()}"
