"""Each named query answers its question, by the lake's own files, and is Athena's SQL."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from services.lake import LakeHour
from stacks.constructs.lake_queries import named_queries
from tests.unit.lake.lakehouse import Lakehouse
from tests.unit.lake.questions import Questions, write_outcomes
from tests.unit.lake.records import HOUR, a_record

DAY = 86_400.0
# What of SQL the queries may call: functions that Trino documents and DuckDB has as well.
PORTABLE = {
    *("count", "sum", "min", "max", "round", "coalesce", "nullif", "lag"),
    *("row_number", "cume_dist", "cast", "case", "current_date", "and", "or", "if"),
}


@pytest.fixture
def yesterday() -> float:
    """Noon of yesterday: the queries look back from today."""
    return time.time() // DAY * DAY - DAY / 2


def downloaded(lake: Lakehouse, folder: Path) -> Questions:
    for key in lake.objects():
        if not Path(key).name.startswith("_"):
            path = folder / key
            path.parent.mkdir(parents=True, exist_ok=True)
            lake.s3.download_file(lake.bucket, key, str(path))
    return Questions(folder)


def answered(lake: Lakehouse, folder: Path, name: str, now: float) -> list[dict]:
    lake.run(now=now + 2 * HOUR)
    return downloaded(lake, folder).ask(name)


@pytest.mark.parametrize("name", named_queries())
def test_a_query_is_athenas_sql(name):
    (tree,) = sqlglot.parse(named_queries()[name][1], dialect="athena")
    called = {
        node.name.lower() if isinstance(node, exp.Anonymous) else node.sql_name().lower()
        for node in tree.find_all(exp.Func)
    }
    assert {call.replace("_", "") for call in called} <= {
        call.replace("_", "") for call in PORTABLE
    }


@pytest.mark.parametrize("name", named_queries())
def test_a_query_reads_some_days_and_not_all(name):
    assert "day >= " in named_queries()[name][1]


@pytest.mark.parametrize("name", named_queries())
def test_a_query_says_what_it_answers(name):
    assert named_queries()[name][0].rstrip(".")
    assert len(named_queries()) == 5


def test_completion_by_title(lake, tmp_path, yesterday):
    lake.land(
        "a",
        [
            a_record("play", profile_id="p1", title_id="t1", at=yesterday),
            a_record("complete", profile_id="p1", title_id="t1", at=yesterday),
            a_record("play", profile_id="p2", title_id="t1", at=yesterday),
            a_record("abandon", profile_id="p2", title_id="t1", at=yesterday),
            a_record("play", profile_id="p1", title_id="t2", at=yesterday),
            a_record("impression", profile_id="p3", title_id="t2", at=yesterday),
        ],
        yesterday,
    )
    answer = answered(lake, tmp_path, "completion_by_title", yesterday)
    assert [tuple(row.values()) for row in answer] == [("t1", 2, 1, 1, 50.0), ("t2", 1, 0, 0, 0.0)]


def test_funnel_from_impression_to_completion(lake, tmp_path, yesterday):
    shown = {"row_id": "top_picks", "position": 1}
    lake.land(
        "a",
        [
            a_record("impression", title_id="t1", at=yesterday, **shown),
            a_record("impression", title_id="t1", at=yesterday + 9, **shown),  # this led to it
            a_record("impression", title_id="t2", at=yesterday, **shown),
            a_record("click", title_id="t1", at=yesterday + 60),
            a_record("play", title_id="t1", at=yesterday + 90),
            a_record("play", title_id="t3", at=yesterday + 90),  # never shown
            a_record("play", title_id="t2", at=yesterday - 60),  # before it was shown
            a_record("complete", title_id="t1", profile_id="p2", at=yesterday + 90),
        ],
        yesterday,
    )
    answer = answered(lake, tmp_path, "impression_funnel", yesterday)
    assert [tuple(row.values()) for row in answer] == [("top_picks", 1, 3, 1, 1, 0, 33.33)]


def test_the_funnel_credits_the_impression_that_led_to_a_play(lake, tmp_path, yesterday):
    first, later = {"row_id": "new", "position": 4}, {"row_id": "top_picks", "position": 1}
    before = yesterday - 3 * DAY
    lake.land("a", [a_record("impression", title_id="t1", at=before, **first)], before)
    lake.land(
        "b",
        [
            a_record("impression", title_id="t1", at=yesterday, **later),
            a_record("play", title_id="t1", at=yesterday + 60),
            a_record("complete", title_id="t1", at=yesterday + DAY + 60),  # a day later
        ],
        yesterday,
    )
    long_ago = yesterday - 7 * DAY  # the 8th day back, read only for what follows it
    lake.land("c", [a_record("impression", title_id="t2", at=long_ago, **later)], long_ago)
    answer = answered(lake, tmp_path, "impression_funnel", yesterday)
    assert [tuple(row.values()) for row in answer] == [
        ("new", 4, 1, 0, 0, 0, 0.0),
        ("top_picks", 1, 1, 0, 1, 0, 100.0),
    ]


def test_quality_by_country(lake, tmp_path, yesterday):
    def quality(number, **fields):
        fields = {"startup_ms": 100 * number, "playing_ms": 9_000, "network": "wifi"} | fields
        session = f"session-{number:04}"
        return a_record(
            "playback_quality", title_id="t1", at=yesterday, session_id=session, **fields
        )

    broken = quality(21, failed=True, rebuffer_ms=20_000, rebuffer_count=3, startup_ms=None)
    later = quality(1, startup_ms=None)
    lake.land("a", [*(quality(n) for n in range(1, 21)), broken, later, later], yesterday)
    (row,) = answered(lake, tmp_path, "quality_by_country", yesterday)
    assert (row["country"], row["network"], row["sessions"]) == ("DE", "wifi", 21)
    assert (row["startup_p50_ms"], row["startup_p95_ms"]) == (1000, 1900)
    assert row["rebuffer_percent"] == round(100 * 20_000 / (22 * 9_000 + 20_000), 3)
    assert row["failed_percent"] == round(100 / 21, 2)


def test_data_quality_names_hours_that_are_missing_repeated_or_not_whole(lake, tmp_path, yesterday):
    first = a_record("play", title_id="t1", at=yesterday)
    late = a_record("play", title_id="t1", at=yesterday, occurred_at=yesterday - 7200)
    lake.land("a", [first, first, late, b'{"schema": 2}'], yesterday)
    lake.land("b", [first], yesterday + HOUR)  # a client's repeat, an hour on
    lake.run(now=yesterday + 3 * HOUR)
    lake.land("c", [a_record("play", title_id="t1", at=yesterday)], yesterday + 2 * HOUR)
    answer = {
        (row["day"].isoformat(), row["hour"]): row
        for row in downloaded(lake, tmp_path).ask("data_quality")
    }
    assert len(answer) == 7 * 24

    def hour(ahead: int) -> dict:
        at = LakeHour.at(yesterday + ahead * HOUR)
        return answer[at.day, at.hour]

    assert hour(-1)["state"] == "missing"
    assert hour(2)["state"] == "not whole yet"
    here = hour(0)
    assert (here["state"], here["landed"], here["repeats"]) == ("whole", 4, 1)
    assert (here["unreadable"], here["records"], here["late"]) == (1, 2, 1)
    assert hour(1)["repeats_of_other_hours"] == 1
    lake.land("d", [a_record("play", title_id="t1", at=yesterday)], yesterday)
    again = {
        (row["day"].isoformat(), row["hour"]): row["state"]
        for row in downloaded(lake, tmp_path / "again").ask("data_quality")
    }
    assert again[LakeHour.at(yesterday).day, LakeHour.at(yesterday).hour] == "behind"


def an_outcome(at, number, version, *, played=False, propensity=1.0):
    return {
        "event_id": f"e{number}",
        "profile_id": f"p{number}",
        "title_id": "t1",
        "shown_at": at,
        "model_version": version,
        "propensity": propensity,
        "played_at": at + 60 if played else None,
    }


def test_no_one_clients_propensity_decides(tmp_path, yesterday):
    honest = [an_outcome(yesterday, n, "v1") for n in range(1000)]
    liar = an_outcome(yesterday, 1000, "v1", played=True, propensity=1e-6)
    day = LakeHour.at(yesterday).day
    write_outcomes(tmp_path / "outcomes" / f"day={day}" / "o.parquet", [*honest, liar])
    (found,) = Questions(tmp_path).ask("model_change")
    assert found["played_percent_weighted"] == 50.0


def test_what_a_new_model_changed(tmp_path, yesterday):
    def shown(number, version, *, at=yesterday, **more):
        return an_outcome(at, number, version, **more)

    before = [shown(n, "v1", played=n == 0) for n in range(4)]
    after = [shown(n, "v2", played=n < 2, at=yesterday + 9) for n in range(3)]
    rare = shown(9, "v2", propensity=0.25, at=yesterday + 9)
    day = LakeHour.at(yesterday).day
    write_outcomes(tmp_path / "outcomes" / f"day={day}" / "o.parquet", [*before, *after, rare])
    new, old = Questions(tmp_path).ask("model_change")
    assert (new["model_version"], old["model_version"]) == ("v2", "v1")
    assert (old["played_percent"], old["played_percent_change"]) == (25.0, None)
    assert (new["played_percent"], new["played_percent_change"]) == (50.0, 25.0)
    assert new["played_percent_weighted"] == round(100 * 2 / 7, 2)
