"""A lake with its bucket and tables, and what readers see of it."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.lake_catalogue import GlueCatalogue
from adapters.lake_files import LakeBucket
from adapters.lake_rewriter import DuckdbRewriter
from adapters.large_hours import LargeHours
from schemas.lake import (
    EVENTS,
    LANDING,
    OUTCOMES,
    OUTCOMES_COLUMNS,
    PARTITION_KEYS,
    events_columns,
    landing_columns,
)
from services.compaction import LakeUpkeep, UpkeepReport
from services.lake import LANDING_PREFIX, LakeHour
from tests.unit.lake.records import NOW, rows, write_landing
from tests.unit.services.fakes import FakeCounter

PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
DAY_LATER = NOW + 86_400
TABLES = (
    (LANDING, landing_columns(), PARTITION_KEYS),
    (EVENTS, events_columns(), PARTITION_KEYS),
    (OUTCOMES, OUTCOMES_COLUMNS, {"day": "date"}),
)


@dataclass
class Lakehouse:
    s3: Any
    glue: Any
    scratch: Path
    bucket: str
    database: str

    @classmethod
    def made(cls, s3, glue, scratch: Path, *, bucket: str, database: str) -> Lakehouse:
        s3.create_bucket(Bucket=bucket)
        glue.create_database(DatabaseInput={"Name": database})
        for name, columns, keys in TABLES:
            table = _table(bucket, name, columns, keys)
            glue.create_table(DatabaseName=database, TableInput=table)
        return cls(s3, glue, scratch, bucket, database)

    @property
    def files(self) -> LakeBucket:
        return LakeBucket(self.s3, self.bucket)

    @property
    def catalogue(self) -> GlueCatalogue:
        return GlueCatalogue(self.glue, self.database, self.bucket)

    def land(self, name: str, records, at: float = NOW, columns=None) -> str:
        """A file of Firehose's in the hour of ``at``."""
        path = write_landing(self.scratch / f"{name}.parquet", records, columns)
        key = f"{LANDING_PREFIX}/{LakeHour.at(at).folder}/{name}.parquet"
        self.s3.upload_file(str(path), self.bucket, key)
        path.unlink()
        return key

    def upkeep(self, **changes) -> LakeUpkeep:
        parts = {
            "files": self.files,
            "catalogue": self.catalogue,
            "rewrite": DuckdbRewriter(self.files),
            "large": LargeHours(self.s3, self.bucket),
            "count": FakeCounter(),
            "retention_days": 365,
            "most_bytes": 10**9,
        }
        return LakeUpkeep(**parts | changes)

    def run(self, *, now: float = DAY_LATER, **changes) -> UpkeepReport:
        return self.upkeep(**changes).run(now=now)

    def seen(self, hour: LakeHour | None = None) -> list[dict]:
        """The rows that a reader of the table gets: those of the partitions' locations."""
        found = []
        for page in self.glue.get_paginator("get_partitions").paginate(
            DatabaseName=self.database, TableName=EVENTS
        ):
            for partition in page["Partitions"]:
                day, number = partition["Values"]
                if hour is None or LakeHour(day, int(number)) == hour:
                    found += self._rows(partition["StorageDescriptor"]["Location"])
        return found

    def ids(self) -> Counter:
        """How often a reader sees each event."""
        return Counter(row["event_id"] for row in self.seen())

    def objects(self, prefix: str = "") -> set[str]:
        listed = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        return {entry["Key"] for entry in listed.get("Contents", [])}

    def _rows(self, location: str) -> list[dict]:
        found = []
        for key in sorted(self.objects(location.removeprefix(f"s3://{self.bucket}/"))):
            if not os.path.basename(key).startswith("_"):
                path = self.scratch / "read.parquet"
                self.s3.download_file(self.bucket, key, str(path))
                found += rows(path)
        return found


def _table(bucket: str, name: str, columns: dict[str, str], keys: dict[str, str]) -> dict[str, Any]:
    return {
        "Name": name,
        "Parameters": {"classification": "parquet"},
        "PartitionKeys": [{"Name": key, "Type": kind} for key, kind in keys.items()],
        "StorageDescriptor": {
            "Columns": [{"Name": column, "Type": kind} for column, kind in columns.items()],
            "Location": f"s3://{bucket}/{name}",
            "SerdeInfo": {"SerializationLibrary": PARQUET},
        },
    }
