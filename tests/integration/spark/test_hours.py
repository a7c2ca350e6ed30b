"""The Spark job makes an hour of the same that DuckDB does, from the lake's own files."""

from __future__ import annotations

from pathlib import Path

import duckdb

from schemas.lake import duckdb_type, events_columns, landing_columns, landing_schema
from services.compaction import generation_of
from services.lake import LakeHour
from tests.integration.spark.submission import needs_spark, submitted
from tests.unit.lake.conftest import _clients, lake  # noqa: F401 - fixtures
from tests.unit.lake.lakehouse import DAY_LATER
from tests.unit.lake.records import NOW, a_record, one_of_each, rows

JOB = "hours.py"
pytestmark = needs_spark


def land(lake) -> None:  # noqa: F811 - the fixture
    """An hour with repeats within and across files, an older file, and a row that is no record."""
    first = [*one_of_each(), *(a_record("play", title_id=f"t{n}") for n in range(300))]
    again = [one.model_copy(update={"received_at": one.received_at + 9}) for one in first[::7]]
    lake.land("a", [*first, *again[:20], b'{"schema": 2, "event": {"type": "play"}}'])
    lake.land("b", [*again, *one_of_each()])
    old = {n: k for n, k in landing_columns().items() if n not in {"country", "clock"}}
    old["event"] = "struct<event_id:string,type:string,title_id:string>"
    lake.land("old", [a_record("play", title_id="t1")], columns=old)


def by_id(found: list[dict]) -> dict:
    return {row["event_id"]: row for row in found}


def test_spark_makes_the_hour_that_duckdb_makes_and_upkeep_shows_it(lake, tmp_path):  # noqa: F811
    land(lake)
    lake.run()
    by_duckdb, sources = lake.seen(), lake.files.landed(LakeHour.at(NOW))
    for file in sources:
        path = tmp_path / file.key
        path.parent.mkdir(parents=True, exist_ok=True)
        lake.s3.download_file(lake.bucket, file.key, str(path))
    hour, output = LakeHour.at(NOW), tmp_path / "made"
    landed = tmp_path / "landing" / hour.folder
    submitted(
        JOB,
        *("--columns", landing_schema(), "--landed", str(landed), "--output", str(output)),
        *("--files", "3"),
    )
    made = rows(output / "*.parquet")
    assert by_id(made) == by_id(by_duckdb)
    assert len(made) == len(by_duckdb) > 300
    before = {path.name: path.stat().st_mtime_ns for path in output.iterdir()}
    submitted(JOB, "--columns", landing_schema(), "--landed", str(landed), "--output", str(output))
    assert {path.name: path.stat().st_mtime_ns for path in output.iterdir()} == before
    assert _columns(output) == {n: duckdb_type(k) for n, k in events_columns().items()}

    lake.catalogue.drop(hour)
    lake.files.delete(lake.objects("events/"))
    assert lake.run(most_bytes=10).elsewhere == [str(hour)]
    folder = f"events/{hour.folder}/{generation_of(sources)}"
    for path in output.iterdir():
        if not path.name.startswith("."):  # checksums, which S3 has no need of
            lake.s3.upload_file(str(path), lake.bucket, f"{folder}/{path.name}")
    assert lake.run(now=DAY_LATER, most_bytes=10).rewritten == [str(hour)]
    assert by_id(lake.seen()) == by_id(by_duckdb)
    assert lake.run(most_bytes=10).rewritten == []


def _columns(output: Path) -> dict[str, str]:
    with duckdb.connect() as database:
        found = database.execute(f"DESCRIBE SELECT * FROM read_parquet('{output}/*.parquet')")
        return {row[0]: row[1] for row in found.fetchall()}
