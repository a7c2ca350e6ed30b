"""Looks for records that no lane is busy with, and starts the lane that delivers them."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from local.emulator import upstream
from local.emulator.kinesis_delivery.lane import Lane
from local.emulator.kinesis_delivery.mapping import DeliverySettings, is_enabled, stream_name
from local.emulator.kinesis_delivery.positions import START, Positions
from local.emulator.scope import acting_as
from local.emulator.upstream import Module

LOOK_EVERY_SECONDS = 0.05

_logger = logging.getLogger(__name__)


def close() -> None:
    """Takes Kinesis away from upstream's poller and gives it to a reader of ours."""
    lambda_svc = upstream.require(
        "ministack.services.lambda_svc",
        "_poll_kinesis()",
        "_iter_all_esms()",
        "_kinesis_stream_name_from_arn_spec(spec)",
        "_init_stream_position(esm_id, source_arn, starting)",
        "_get_func_record_for_qualifier(name, qualifier)",
        "_execute_function(func, event)",
        "_apply_filter_criteria(records, esm)",
        "_kinesis_positions",
        "_esms",
    )
    kinesis = upstream.require("ministack.services.kinesis", "_streams.get_scoped")
    reader = Reader(lambda_svc, kinesis)
    anchor_upstream = lambda_svc._init_stream_position

    def anchor(mapping: str, source_arn: str, starting: str) -> None:
        if ":kinesis:" in source_arn:
            reader.anchor(mapping, source_arn, starting)
        else:
            anchor_upstream(mapping, source_arn, starting)

    lambda_svc._init_stream_position = anchor
    lambda_svc._poll_kinesis = lambda: False
    lambda_svc._kinesis_stream_name_from_arn_spec = lambda spec: (
        stream_name(spec.resource) if spec.service == "kinesis" else None
    )
    threading.Thread(target=reader.run, name="kinesis-reader", daemon=True).start()


class Reader:
    """One thread for every mapping; it never waits for a function."""

    def __init__(self, lambda_svc: Module, kinesis: Module) -> None:
        self._lambda, self._kinesis = lambda_svc, kinesis
        self._lanes: dict[tuple[str, str, int], Lane] = {}

    def run(self) -> None:
        """Looks for ever."""
        while True:
            try:
                for account, region, stored in self._lambda._iter_all_esms():
                    with acting_as(account, region):
                        self._look(account, region, stored)
            except Exception:  # the thread must outlive whatever one mapping does
                _logger.exception("looking for records failed")
            time.sleep(LOOK_EVERY_SECONDS)

    def anchor(self, mapping: str, source_arn: str, starting: str) -> None:
        """Fixes where a new mapping starts; LATEST means after what is there now."""
        stream = self._stream(source_arn)
        positions = Positions(self._lambda._kinesis_positions.setdefault(mapping, {}))
        for shard, content in (stream or {"shards": {}})["shards"].items():
            latest = starting != "TRIM_HORIZON" and content["records"]
            positions.anchor(shard, content["records"][-1]["SequenceNumber"] if latest else START)

    def _look(self, account: str, region: str, stored: dict[str, Any]) -> None:
        source = stored.get("EventSourceArn", "")
        if ":kinesis:" not in source or not is_enabled(stored):
            return
        stream = self._stream(source)
        if stream is None or stream["StreamStatus"] != "ACTIVE":
            return
        settings = DeliverySettings.of(stored)
        positions = Positions(self._lambda._kinesis_positions.setdefault(settings.uuid, {}))
        for shard in list(stream["shards"]):
            for number in range(settings.lanes):
                key = (settings.uuid, shard, number)
                lane = self._lanes.get(key)
                if lane is not None and lane.is_busy:
                    continue
                lane = Lane(
                    self._lambda, stream, positions, settings, shard, number, account, region
                )
                if lane.has_batch():
                    self._lanes[key] = lane
                    lane.start(lambda: acting_as(account, region))

    def _stream(self, source_arn: str) -> dict[str, Any] | None:
        _, _, _, region, account, resource = source_arn.split(":", 5)
        name = stream_name(resource)
        found: dict[str, Any] | None = self._kinesis._streams.get_scoped(account, region, name)
        return found
