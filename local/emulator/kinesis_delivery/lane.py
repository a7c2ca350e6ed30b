"""One lane of one shard of one mapping: reads its records in order and delivers them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from local.emulator.kinesis_delivery import destinations
from local.emulator.kinesis_delivery.attempts import (
    BatchDelivery,
    GivenUp,
    MappingGoneError,
    Outcome,
    Record,
)
from local.emulator.kinesis_delivery.mapping import DeliverySettings, is_enabled
from local.emulator.kinesis_delivery.positions import Positions, pending
from local.emulator.upstream import Module

_logger = logging.getLogger(__name__)


@dataclass
class Lane:
    """Delivers until nothing is left, then ends; the reader starts another when there is more."""

    upstream: Module
    stream: dict[str, Any]
    positions: Positions
    settings: DeliverySettings
    shard: str
    number: int
    account: str
    region: str
    _thread: threading.Thread | None = field(default=None, init=False)

    @property
    def is_busy(self) -> bool:
        """Whether it is delivering."""
        return self._thread is not None and self._thread.is_alive()

    def has_batch(self) -> bool:
        """Whether there is something to deliver now; a batching window may ask to wait."""
        found = self._pending()
        if not found:
            return False
        waited = time.time() - found[0]["ApproximateArrivalTimestamp"]
        return len(found) == self.settings.batch_size or waited >= self.settings.window_seconds

    def start(self, context: Callable[[], AbstractContextManager[None]]) -> None:
        """Delivers on a thread of its own, inside ``context``."""

        def run() -> None:
            with context():
                self._run()

        name = f"{self.settings.function}-{self.shard}-{self.number}"
        self._thread = threading.Thread(target=run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        delivery = BatchDelivery(
            settings=self._current, invoke=self._invoke, done=self._done, give_up=self._give_up
        )
        try:
            while self.has_batch():
                self._deliver(delivery, self._pending())
        except MappingGoneError:
            _logger.info("mapping %s is gone or disabled", self.settings.uuid)
        except Exception:  # the batch stays where it is and is taken up again
            _logger.exception("delivery of %s stopped", self.settings.uuid)
            time.sleep(1)

    def _deliver(self, delivery: BatchDelivery, raw: list[dict[str, Any]]) -> None:
        records = [self._event_record(record) for record in raw]
        wanted = self.upstream._apply_filter_criteria(records, self._stored())
        delivery.deliver(wanted)
        self._done(records[-1])

    def _pending(self) -> list[dict[str, Any]]:
        lanes = self.settings.lanes
        return pending(
            self.stream["shards"][self.shard]["records"],
            self.positions.after(self.shard, self.number, lanes),
            lane=self.number,
            lanes=lanes,
            at_most=self.settings.batch_size,
        )

    def _stored(self) -> dict[str, Any]:
        stored: dict[str, Any] | None = self.upstream._esms.get(self.settings.uuid)
        if stored is None or not is_enabled(stored):
            raise MappingGoneError
        return stored

    def _current(self) -> DeliverySettings:
        return DeliverySettings.of(self._stored())

    def _invoke(self, settings: DeliverySettings, records: list[Record]) -> Outcome:
        function, _ = self.upstream._get_func_record_for_qualifier(
            settings.function, settings.qualifier
        )
        if function is None:
            return Outcome(failed=True, throttled=True, response=None)
        answer = self.upstream._execute_function(function, {"Records": records})
        failed, body = bool(answer.get("error")), answer.get("body")
        throttled = bool(answer.get("throttle"))
        self._stored()["LastProcessingResult"] = "PROBLEM: Function call failed" if failed else "OK"
        if failed:
            _logger.warning(
                "%s failed on %d records of %s: %s", settings.function, len(records),
                self.shard, body,
            )  # fmt: skip
        return Outcome(failed=failed, throttled=throttled, response=body)

    def _done(self, record: Record) -> None:
        sequence = record["kinesis"]["sequenceNumber"]
        self.positions.advance(self.shard, self.number, self.settings.lanes, sequence)

    def _give_up(
        self, settings: DeliverySettings, records: list[Record], why: GivenUp, attempts: int
    ) -> None:
        _logger.warning("%d records given up: %s", len(records), why)
        destinations.send(
            settings, self.shard, records, why, attempts, account=self.account, region=self.region
        )

    def _event_record(self, record: dict[str, Any]) -> Record:
        return {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": record["PartitionKey"],
                "sequenceNumber": record["SequenceNumber"],
                "data": record["Data"],
                "approximateArrivalTimestamp": record["ApproximateArrivalTimestamp"],
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{self.shard}:{record['SequenceNumber']}",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": f"arn:aws:iam::{self.account}:role/{self.settings.function}",
            "awsRegion": self.region,
            "eventSourceARN": self.settings.source_arn,
        }
