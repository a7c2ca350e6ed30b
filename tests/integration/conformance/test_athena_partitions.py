"""Athena reads the partitions that Glue points to: the lake's upkeep and questions, whole."""

from __future__ import annotations

import time

import pytest
from conformance import Aws, unique

from services.lake import LakeHour
from stacks.constructs.lake_queries import named_queries
from tests.unit.lake.lakehouse import Lakehouse
from tests.unit.lake.records import HOUR, a_record

YESTERDAY = time.time() // 86_400 * 86_400 - 43_200


@pytest.fixture
def lake(aws: Aws, tmp_path) -> Lakehouse:
    name = unique("lake").lower()
    return Lakehouse.made(
        aws.client("s3"), aws.client("glue"), tmp_path, bucket=name, database=name.replace("-", "_")
    )


def answered(aws: Aws, lake: Lakehouse, sql: str) -> list[dict]:
    athena = aws.client("athena")
    started = athena.start_query_execution(
        QueryString=sql,
        QueryExecutionContext={"Database": lake.database},
        ResultConfiguration={"OutputLocation": f"s3://{lake.bucket}/athena/"},
    )["QueryExecutionId"]
    deadline = time.monotonic() + 60
    while True:
        state = athena.get_query_execution(QueryExecutionId=started)["QueryExecution"]["Status"]
        if state["State"] not in {"QUEUED", "RUNNING"} or time.monotonic() > deadline:
            break
        time.sleep(0.05)
    assert state["State"] == "SUCCEEDED", state
    head, *rows = athena.get_query_results(QueryExecutionId=started)["ResultSet"]["Rows"]
    names = [cell["VarCharValue"] for cell in head["Data"]]
    return [
        dict(zip(names, (cell.get("VarCharValue") for cell in row["Data"]), strict=True))
        for row in rows
    ]


def test_upkeep_swaps_what_athena_reads(aws, lake):
    plays = [a_record("play", title_id="t1", at=YESTERDAY, profile_id=f"p{n}") for n in range(3)]
    lake.land("a", [*plays, plays[0]], YESTERDAY)
    lake.run(now=YESTERDAY + 3 * HOUR)
    lake.land("late", [a_record("complete", title_id="t1", at=YESTERDAY)], YESTERDAY)
    lake.run(now=YESTERDAY + 4 * HOUR)
    # Two generations lie there; the one before is swept an hour later.
    assert len(lake.files.generations(LakeHour.at(YESTERDAY))) == 2
    (count,) = answered(aws, lake, "SELECT count(*) AS n, min(hour) AS hour FROM events")
    assert count == {"n": "4", "hour": str(LakeHour.at(YESTERDAY).hour)}


ROWS = {
    "completion_by_title": 1,
    "data_quality": 7 * 24,
    "impression_funnel": 1,
    "model_change": 0,  # what Spark has not worked out yet
    "quality_by_country": 1,
}


@pytest.mark.parametrize("name", named_queries())
def test_a_named_query_runs_as_it_stands(aws, lake, name):
    who = {"title_id": "t1", "at": YESTERDAY}
    lake.land(
        "a",
        [
            a_record("impression", row_id="top_picks", position=1, **who),
            a_record("play", **who),
            a_record(
                "playback_quality", session_id="session-1", startup_ms=900, playing_ms=1, **who
            ),
        ],
        YESTERDAY,
    )
    lake.run(now=YESTERDAY + 3 * HOUR)
    assert len(answered(aws, lake, named_queries()[name][1])) == ROWS[name]
