"""The consumers' own handlers, over memory, fed as an event source mapping feeds them.

The mapping is the emulator's (``local.emulator.kinesis_delivery``), whose conformance is tested:
partial batches, halving, attempts, age, and what is given up.
"""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import patch

from adapters.settings import load
from benchmarks.plane.chaos import Killed
from benchmarks.plane.memory import MemoryBucket, MemoryDynamo
from handlers import profile_consumer, trending_consumer
from local.emulator.kinesis_delivery.attempts import BatchDelivery, GivenUp, Outcome
from local.emulator.kinesis_delivery.mapping import DeliverySettings

CONSUMERS = (profile_consumer, trending_consumer)
SHARD = "shardId-000000000000"
Record = dict[str, Any]
KEYS = {
    "Profiles": ("account_id", "profile_id"),
    "Viewing": ("profile_id", "title_id"),
    "Trending": ("window", "title_id"),
}
_ENVIRONMENT = {
    "PROFILES_TABLE": "Profiles",
    "VIEWING_TABLE": "Viewing",
    "TRENDING_TABLE": "Trending",
    "FAILURE_BUCKET": "failures",
    "POWERTOOLS_METRICS_NAMESPACE": "Marquee",
    "POWERTOOLS_SERVICE_NAME": "consumer",
    "AWS_DEFAULT_REGION": "us-east-1",
}


def storage(profiles: Sequence[tuple[str, str]]) -> MemoryDynamo:
    """Tables in memory with these (account id, profile id)."""
    dynamo = MemoryDynamo(**KEYS)
    for account, profile in profiles:
        item = {"account_id": {"S": account}, "profile_id": {"S": profile}}
        dynamo.put_item(TableName="Profiles", Item=item)
    return dynamo


def record(
    number: int, data: bytes, *, partition: str = "p", arrived_at: float, shard: str = SHARD
) -> Record:
    """One record, as Lambda hands it to a function."""
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": partition,
            "sequenceNumber": f"{number:021}",
            "data": base64.b64encode(data).decode(),
            "approximateArrivalTimestamp": arrived_at,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard}:{number:021}",
        "eventName": "aws:kinesis:record",
        "awsRegion": "us-east-1",
    }


class Context:
    """What the handler gets of Lambda."""

    function_name = "profile-consumer"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:profile-consumer"
    aws_request_id = "request"


@contextmanager
def environment(dynamo: Any, bucket: Any, clock: Callable[[], float] = time.time) -> Iterator[None]:
    """The handlers' settings, clients and clock; their metrics and waits are left out."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    with ExitStack() as patches:
        for one in (
            patch.dict(os.environ, {**clean, **_ENVIRONMENT}, clear=True),
            patch("adapters.clients.dynamodb", lambda: dynamo),
            patch("adapters.clients.failure_bucket", lambda: bucket),
            patch("adapters.faults.time", SimpleNamespace(sleep=lambda _seconds: None)),
            *(patch.object(each, "time", SimpleNamespace(time=clock)) for each in CONSUMERS),
            *(patch.object(each, "count", _nothing) for each in CONSUMERS),
            patch.object(trending_consumer, "measure", _nothing),
        ):
            patches.enter_context(one)
        for forget in (load.cache_clear, *(each.service.cache_clear for each in CONSUMERS)):
            forget()
            patches.callback(forget)
        yield


def _nothing(*_values: Any, **_dimensions: Any) -> None:
    pass


@dataclass
class Mapping:
    """A consumer's event source mapping; ``deliver`` returns when all is done or given up."""

    consumer: ModuleType = profile_consumer
    max_attempts: int = 1001
    batch_size: int = 500
    given_up: list[Record] = field(default_factory=list)
    invocations: int = 0
    kills: int = 0
    clock: Callable[[], float] = time.time

    def deliver(self, records: Sequence[Record]) -> None:
        """Feeds the records in order, a batch at a time."""
        delivery = BatchDelivery(
            settings=self._settings,
            invoke=self._invoke,
            done=lambda _record: None,
            give_up=self._give_up,
            pause=lambda _seconds: None,
            clock=self.clock,
        )
        for start in range(0, len(records), self.batch_size):
            delivery.deliver(records[start : start + self.batch_size])

    def _invoke(self, _settings: DeliverySettings, records: list[Record]) -> Outcome:
        self.invocations += 1
        try:
            answer = self.consumer.handler({"Records": records}, Context())
        except Killed:
            self.kills += 1
            self.consumer.service.cache_clear()  # the next one is another process
            return Outcome(failed=True, throttled=False, response=None)
        return Outcome(failed=False, throttled=False, response=answer)

    def _give_up(
        self, _settings: DeliverySettings, records: list[Record], _why: GivenUp, _tries: int
    ) -> None:
        self.given_up += records

    def _settings(self) -> DeliverySettings:
        return DeliverySettings(
            uuid="mapping",
            function="profile-consumer",
            qualifier=None,
            function_arn=Context.invoked_function_arn,
            source_arn="arn:aws:kinesis:us-east-1:000000000000:stream/events",
            batch_size=self.batch_size,
            window_seconds=0,
            lanes=1,
            max_attempts=self.max_attempts,
            max_age_seconds=7 * 86_400,
            halves_on_error=True,
            partial_responses=True,
            on_failure=None,
        )


def failures_of(bucket: MemoryBucket) -> list[Record]:
    """What the failure bucket holds, record by record."""
    return [json.loads(body) for _, body in sorted(bucket.objects.items())]
