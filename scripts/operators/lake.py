"""The records of the lake's hours, as they were on the stream."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from adapters.lake_catalogue import GlueCatalogue
from adapters.lake_files import LakeBucket
from schemas.lake import EVENT, record_of
from scripts.operators.deployment import Deployment
from scripts.operators.errors import OperatorError
from services.lake import HOUR, LakeFile, LakeHour

_ROWS_AT_ONCE = 2_000


@dataclass(frozen=True)
class HourOfLake:
    """An hour's files: those made whole where the hour is, else those that landed."""

    hour: LakeHour
    whole: bool
    files: tuple[LakeFile, ...]


class Lake:
    """What a stage's lake holds, read file by file: an hour need not fit in memory."""

    def __init__(self, deployment: Deployment) -> None:
        bucket = deployment.output("content", "LakeBucketName")
        database = deployment.output("events", "LakeDatabase")
        self._files = LakeBucket(deployment.client("s3"), bucket)
        self._catalogue = GlueCatalogue(deployment.client("glue"), database, bucket)

    def hours(self, first: datetime, end: datetime) -> list[HourOfLake]:
        """The hours from ``first`` up to ``end`` that hold anything."""
        found, at = [], LakeHour.of(first).begins
        while at < end:
            hour = self._hour(LakeHour.of(at))
            if hour.files:
                found.append(hour)
            at += HOUR
        return found

    def count(self, hour: HourOfLake) -> int:
        """How many records it holds, from the files' own footers."""
        total = 0
        for path in self._fetched(hour):
            with duckdb.connect() as database:
                row = database.execute("SELECT count(*) FROM read_parquet(?)", [path]).fetchone()
                total += row[0] if row else 0
        return total

    def records(self, hour: HourOfLake) -> Iterator[bytes]:
        """Its records as JSON, each file's in the order in which they came in: always the same."""
        event_id = "event_id" if hour.whole else f"{EVENT}.event_id"
        for path in self._fetched(hour):
            for row in _rows(path, f"received_at, profile_id, {event_id}"):
                record = record_of(row) if hour.whole else _compact(row)
                yield json.dumps(record, separators=(",", ":")).encode()

    def _hour(self, hour: LakeHour) -> HourOfLake:
        generation = self._catalogue.generation(hour)
        if generation is None:
            return HourOfLake(hour, False, tuple(self._files.landed(hour)))
        files = self._files.generations(hour).get(generation, [])
        data = tuple(file for file in files if not Path(file.key).name.startswith("_"))
        return HourOfLake(hour, True, data)

    def _fetched(self, hour: HourOfLake) -> Iterator[str]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "hour.parquet")
            for file in hour.files:
                self._files.fetch(file.key, path)
                yield str(path)


def hour_range(first: datetime, end: datetime | None) -> tuple[datetime, datetime]:
    """The hours' bounds, in UTC; without an end it is the one hour."""
    begins = LakeHour.of(_utc(first)).begins
    ends = begins + HOUR if end is None else LakeHour.of(_utc(end)).begins
    if ends <= begins:
        raise OperatorError(
            f"the range ends at {ends:%Y-%m-%dT%H} and begins at {begins:%Y-%m-%dT%H}",
            next_step="give the first hour and the one after the last: 2026-11-23T19 2026-11-23T21",
        )
    return begins, ends


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _rows(path: str, order: str) -> Iterator[dict[str, Any]]:
    with duckdb.connect() as database:
        answer = database.execute(f"SELECT * FROM read_parquet(?) ORDER BY {order}", [path])
        names = [column[0] for column in answer.description or []]
        while rows := answer.fetchmany(_ROWS_AT_ONCE):
            for row in rows:
                yield dict(zip(names, row, strict=True))


def _compact(row: dict[str, Any]) -> dict[str, Any]:
    """A landed row without its nulls."""
    record = {name: value for name, value in row.items() if value is not None}
    event = record.get(EVENT) or {}
    record[EVENT] = {name: value for name, value in event.items() if value is not None}
    return record
