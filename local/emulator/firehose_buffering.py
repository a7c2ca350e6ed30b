"""Records that Firehose takes from a Kinesis stream are written together, off the event loop.

AWS: gathers records for the interval and size of the buffering hints, a minute or more. Upstream:
converts and writes each record by itself while every other request waits, about 20 ms for each,
and keeps a copy of each for ever. Here records are gathered for a second.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from local.emulator import upstream
from local.emulator.scope import acting_as, scope
from local.emulator.upstream import Module

GATHER_SECONDS = 1.0

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Place:
    account: str
    region: str
    stream: str
    destination: str


def close() -> None:
    """Takes the records of Kinesis sources away from upstream."""
    firehose = upstream.require(
        "ministack.services.firehose",
        "ingest_from_kinesis_source(stream_arn, records)",
        "_deliver_to_s3(stream, dest, record_data, lambda_keys)",
        "_deliver_records_to_s3(stream, dest, records)",
        "_convert_to_parquet(conversion, data)",
        "_record_id()",
        "_DeliveryError",
        "_streams",
    )
    buffer = Buffer(firehose)
    firehose.ingest_from_kinesis_source = buffer.take
    threading.Thread(target=buffer.run, name="firehose", daemon=True).start()


class Buffer:
    """What has been taken and not yet written, by destination."""

    def __init__(self, firehose: Module) -> None:
        self._firehose = firehose
        self._lock = threading.Lock()
        self._waiting: dict[_Place, list[bytes]] = defaultdict(list)

    def take(self, stream_arn: str, records: list[tuple[str, bytes]]) -> None:
        """Takes a stream's new records for every delivery stream that reads it."""
        account, region = scope()
        with self._lock:
            for name, stream in self._firehose._streams.items():
                source = stream.get("kinesis_source") or {}
                if stream["status"] != "ACTIVE" or source.get("KinesisStreamARN") != stream_arn:
                    continue
                for destination in stream["destinations"]:
                    place = _Place(account, region, name, destination["id"])
                    self._waiting[place] += [data for _, data in records]

    def run(self) -> None:
        """Writes for ever."""
        while True:
            time.sleep(GATHER_SECONDS)
            with self._lock:
                waiting, self._waiting = self._waiting, defaultdict(list)
            for place, records in waiting.items():
                try:
                    with acting_as(place.account, place.region):
                        self._write(place, records)
                except Exception:  # the thread must outlive whatever one destination does
                    _logger.exception("delivery of %d records failed", len(records))

    def _write(self, place: _Place, records: list[bytes]) -> None:
        stream = self._firehose._streams.get(place.stream)
        destinations = stream["destinations"] if stream else []
        for destination in destinations:
            if destination["id"] != place.destination:
                continue
            together = b"\n".join(records)
            if self._go_together(destination["config"], together):
                self._firehose._deliver_to_s3(stream, destination, together)
            else:  # each on its own: to its partition, or to the errors
                named = [(self._firehose._record_id(), record) for record in records]
                self._firehose._deliver_records_to_s3(stream, destination, named)

    def _go_together(self, config: dict[str, Any], together: bytes) -> bool:
        partitions = config.get("DynamicPartitioningConfiguration") or {}
        processing = config.get("ProcessingConfiguration") or {}
        if partitions.get("Enabled") or processing.get("Enabled"):
            return False
        conversion = config.get("DataFormatConversionConfiguration") or {}
        if not conversion or not conversion.get("Enabled", True):
            return True
        try:
            self._firehose._convert_to_parquet(conversion, together)
        except self._firehose._DeliveryError:
            return False
        return True
