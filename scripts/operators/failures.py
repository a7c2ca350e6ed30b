"""What consumers set aside and what Lambda gave up, from the failure bucket."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from scripts.operators.consumers import OUTPUTS, Consumer, Replayed
from scripts.operators.deployment import Deployment

SET_ASIDE, GIVEN_UP = "poison/", "aws/lambda/"


@dataclass(frozen=True)
class Failure:
    """An object of the bucket: whose records it holds, and the records."""

    key: str
    version: str | None
    consumer: Consumer
    records: tuple[Replayed, ...]


class Failures:
    """The failure bucket of a stage."""

    def __init__(self, deployment: Deployment) -> None:
        self._s3 = deployment.client("s3")
        self._bucket = deployment.output("content", "FailureBucketName")
        self._functions = {
            deployment.output("events", output): consumer for consumer, output in OUTPUTS.items()
        }

    def found(self) -> Iterator[Failure]:
        """Every object that holds records of a consumer, oldest key first."""
        for prefix in (SET_ASIDE, GIVEN_UP):
            pages = self._s3.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._bucket, Prefix=prefix):
                for entry in page.get("Contents", []):
                    failure = self._read(entry["Key"])
                    if failure is not None:
                        yield failure

    def settle(self, failure: Failure) -> bool:
        """Deletes it, unless a consumer has just set the same record aside again."""
        answer = self._s3.head_object(Bucket=self._bucket, Key=failure.key)
        if answer.get("VersionId") != failure.version:
            return False
        self._s3.delete_object(Bucket=self._bucket, Key=failure.key)
        return True

    def _read(self, key: str) -> Failure | None:
        answer = self._s3.get_object(Bucket=self._bucket, Key=key)
        content = json.loads(answer["Body"].read())
        records: tuple[Replayed, ...]
        if key.startswith(SET_ASIDE):
            consumer, records = content["consumer"], (_set_aside(content),)
        else:
            name = content["requestContext"]["functionArn"].split(":")[6]
            consumer, records = self._functions.get(name), tuple(_given_up(content))
        if consumer not in OUTPUTS:
            return None
        return Failure(key, answer.get("VersionId"), consumer, records)


def _set_aside(content: dict[str, Any]) -> Replayed:
    return Replayed(
        data=base64.b64decode(content["data"]),
        sequence=content["sequence"],
        # The place that it came from: should it fail again, it is kept under the same key.
        shard=content["shard"],
        arrived_at=content["arrived_at"],
    )


def _given_up(content: dict[str, Any]) -> Iterator[Replayed]:
    for record in json.loads(content["payload"])["Records"]:
        kinesis = record["kinesis"]
        yield Replayed(
            data=base64.b64decode(kinesis["data"]),
            sequence=kinesis["sequenceNumber"],
            shard=record["eventID"].partition(":")[0],
            arrived_at=kinesis["approximateArrivalTimestamp"],
        )
