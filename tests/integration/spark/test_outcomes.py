"""The Spark job, run by spark-submit as EMR runs it, on the lake's own files."""

from __future__ import annotations

import random
import time
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from schemas.lake import OUTCOMES_COLUMNS, duckdb_type
from services.lake import LakeHour
from tests.integration.spark.submission import needs_spark, submitted
from tests.unit.lake.conftest import _clients, lake  # noqa: F401 - fixtures
from tests.unit.lake.questions import Questions
from tests.unit.lake.records import HOUR, a_record, rows

JOB = "outcomes.py"
COLUMNS = {
    "click": "clicked_at",
    "play": "played_at",
    "complete": "completed_at",
    "abandon": "abandoned_at",
    "dismiss": "dismissed_at",
}
KINDS = tuple(COLUMNS)
DAY = 86_400.0
pytestmark = needs_spark


@pytest.fixture
def midnight() -> float:
    """Of the day whose outcomes are asked for: two days ago, as the schedule takes it."""
    return time.time() // DAY * DAY - 2 * DAY


def a_history(midnight: float) -> list:
    """Three days of shown titles and what came of some, with repeats and late records."""
    rng = random.Random(11)
    records = []
    for _ in range(900):
        # Hours far apart: to make each of 72 whole would take longer than the job.
        at = midnight + rng.randrange(-2, 4) * DAY / 2 + rng.uniform(0, HOUR)
        who = {"profile_id": f"p{rng.randrange(12)}", "title_id": f"t{rng.randrange(8)}"}
        if rng.random() < 0.4:
            shown = {"row_id": "top_picks", "position": rng.randrange(1, 9), "propensity": 0.25}
            record = a_record("impression", at=at, model_version="v2", **shown, **who)
        else:
            record = a_record(rng.choice(KINDS), at=at, occurred_at=at - rng.random() * 900, **who)
        records.append(record)
        if rng.random() < 0.1:  # sent again, into another hour
            records.append(record.model_copy(update={"received_at": record.received_at + HOUR}))
    return records


def landed(lake, records) -> None:  # noqa: F811 - the fixture
    hours: dict[LakeHour, list] = {}
    for record in records:
        hours.setdefault(LakeHour.at(record.received_at), []).append(record)
    for number, (hour, of_hour) in enumerate(hours.items()):
        lake.land(f"h{number}", of_hour, hour.begins.timestamp())
    lake.run(now=time.time() + DAY)


def expected(records, day: date) -> dict[str, dict]:
    """The same by the definition, one impression after the other."""
    once: dict[tuple, object] = {}
    for record in sorted(records, key=lambda record: record.received_at):
        once.setdefault((record.profile_id, record.event.event_id), record)
    days = {(day + timedelta(days=ahead)).isoformat() for ahead in (-1, 0, 1)}
    near = [r for r in once.values() if LakeHour.at(r.received_at).day in days]
    shown = [record for record in near if record.event.type == "impression"]
    found = {
        record.event.event_id: dict.fromkeys(KINDS)
        for record in shown
        if LakeHour.at(record.received_at).day == day.isoformat()
    }
    for record in near:
        if record.event.type == "impression":
            continue
        before = [
            each
            for each in shown
            if (each.profile_id, each.event.title_id) == (record.profile_id, record.event.title_id)
            and record.occurred_at - each.occurred_at >= 0
        ]
        last = max(before, key=lambda each: each.occurred_at, default=None)
        if last is None or record.occurred_at - last.occurred_at > DAY:
            continue
        outcomes = found.get(last.event.event_id)
        if outcomes is not None:
            known = outcomes[record.event.type]
            outcomes[record.event.type] = min(record.occurred_at, known or record.occurred_at)
    return found


def test_each_outcome_belongs_to_the_last_impression_before_it(lake, tmp_path, midnight):  # noqa: F811
    records = a_history(midnight)
    landed(lake, records)
    for key in lake.objects("events/"):
        path = tmp_path / key
        path.parent.mkdir(parents=True, exist_ok=True)
        lake.s3.download_file(lake.bucket, key, str(path))
    day = date.fromisoformat(LakeHour.at(midnight).day)
    output = tmp_path / "outcomes" / f"day={day}"
    submitted(JOB, "--events", str(tmp_path / "events"), "--day", str(day), "--output", str(output))
    made = rows(Path(output) / "*.parquet")
    assert len(made) > 100
    assert {
        row["event_id"]: {kind: row[column] for kind, column in COLUMNS.items()} for row in made
    } == expected(records, day)
    _assert_the_tables_columns(output)
    (version,) = Questions(tmp_path).ask("model_change")
    assert (version["model_version"], version["shown"]) == ("v2", len(made))


def _assert_the_tables_columns(output: Path) -> None:
    with duckdb.connect() as database:
        found = database.execute(f"DESCRIBE SELECT * FROM read_parquet('{output}/*.parquet')")
        kinds = {row[0]: row[1] for row in found.fetchall()}
    kinds.pop("day", None)  # of the folder
    assert kinds == {name: duckdb_type(kind) for name, kind in OUTCOMES_COLUMNS.items()}
