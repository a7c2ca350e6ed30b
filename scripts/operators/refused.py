"""What Firehose could not convert: records that the consumers had and the lake lacks."""

from __future__ import annotations

import base64
import hashlib
import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
from pydantic import ValidationError

from schemas.envelope import Envelope, parse_envelope
from schemas.lake import duckdb_type, landing_columns
from scripts.operators.deployment import Deployment
from services.compaction import LOOK_BACK_DAYS
from services.lake import LANDING_PREFIX, LakeHour

# Where Firehose puts them (stacks/constructs/event_lake.py): JSON objects one after the other,
# with or without anything between them.
REFUSED_PREFIX = "errors/format-conversion-failed/"


@dataclass(frozen=True)
class Refused:
    """An object of Firehose's: its records by the hour to land in, and how many are none."""

    key: str
    by_hour: dict[LakeHour, list[Envelope]]
    unreadable: int

    @property
    def readable(self) -> int:
        """How many are records as consumers know them."""
        return sum(map(len, self.by_hour.values()))


class RefusedRecords:
    """Those of a stage's lake."""

    def __init__(self, deployment: Deployment) -> None:
        self._s3 = deployment.client("s3")
        self._bucket = deployment.output("content", "LakeBucketName")

    def found(self, *, now: float) -> Iterator[Refused]:
        """Every object, oldest key first."""
        pages = self._s3.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._bucket, Prefix=REFUSED_PREFIX):
            for entry in page.get("Contents", []):
                body = self._s3.get_object(Bucket=self._bucket, Key=entry["Key"])["Body"].read()
                yield _read(entry["Key"], body, now)

    def land(self, refused: Refused) -> bool:
        """Puts its records where Firehose would have; whether that was all there is in it.

        An object goes when nothing is left in it. A run that ends halfway lands the same files
        again under the same names, and an hour has each event once, whatever lands twice.
        """
        name = hashlib.sha256(refused.key.encode()).hexdigest()[:16]
        for hour, records in refused.by_hour.items():
            with tempfile.TemporaryDirectory() as folder:
                path = _parquet(Path(folder), records)
                key = f"{LANDING_PREFIX}/{hour.folder}/refused-{name}.parquet"
                self._s3.upload_file(str(path), self._bucket, key)
        if refused.unreadable:
            return False
        self._s3.delete_object(Bucket=self._bucket, Key=refused.key)
        return True


def _read(key: str, body: bytes, now: float) -> Refused:
    by_hour: dict[LakeHour, list[Envelope]] = defaultdict(list)
    unreadable = 0
    for entry in _entries(body.decode()):
        try:
            record = parse_envelope(base64.b64decode(entry["rawData"]))
        except ValidationError:
            unreadable += 1
            continue
        by_hour[_hour(entry["arrivalTimestamp"] / 1000, now)].append(record)
    return Refused(key, dict(by_hour), unreadable)


def _entries(text: str) -> Iterator[dict[str, Any]]:
    decoder, at = json.JSONDecoder(), 0
    while (at := text.find("{", at)) >= 0:
        entry, at = decoder.raw_decode(text, at)
        yield entry


def _hour(arrived_at: float, now: float) -> LakeHour:
    """The hour of arrival; this hour for those that nobody makes whole any more."""
    # Not up to the last day: an hour's other files must be there while it is made whole anew.
    oldest = now - timedelta(days=LOOK_BACK_DAYS - 2).total_seconds()
    return LakeHour.at(arrived_at if arrived_at >= oldest else now)


def _parquet(folder: Path, records: list[Envelope]) -> Path:
    source, path = folder / "records.json", folder / "landed.parquet"
    source.write_bytes(b"".join(record.to_json() + b"\n" for record in records))
    kinds = ", ".join(
        f"'{name}': '{duckdb_type(kind)}'" for name, kind in landing_columns().items()
    )
    with duckdb.connect() as database:
        database.execute(
            f"COPY (SELECT * FROM read_json('{source}', format = 'newline_delimited', "
            f"columns = {{{kinds}}})) TO '{path}' (FORMAT parquet, COMPRESSION snappy)"
        )
    return path
