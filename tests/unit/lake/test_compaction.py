"""The lake's upkeep against S3, Glue and DuckDB: nothing lost, nothing double, wherever it ends."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from dataclasses import replace

import pytest

from adapters.lake_catalogue import GlueCatalogue
from adapters.lake_files import LakeBucket
from adapters.lake_rewriter import DuckdbRewriter
from schemas.envelope import parse_envelope
from schemas.errors import RetryLaterError
from schemas.lake import landing_columns, record_of
from services.compaction import (
    ABANDONED_AFTER_SECONDS,
    CLOSED_AFTER_SECONDS,
    LOOK_BACK_DAYS,
    generation_of,
)
from services.lake import LakeFile, LakeHour
from tests.unit.lake.lakehouse import DAY_LATER, Lakehouse
from tests.unit.lake.records import HOUR, NOW, a_record, one_of_each
from tests.unit.services.fakes import FakeCounter


def plays(number: int, at: float = NOW):
    return [a_record("play", title_id="t1", at=at) for _ in range(number)]


def test_a_closed_hour_is_made_whole_and_every_type_reads_back(lake: Lakehouse):
    records = one_of_each()
    lake.land("a", records[:7])
    lake.land("b", records[7:])
    report = lake.run()
    assert report.rewritten == ["2026-11-23T19"]
    assert report.behind == []
    again = [parse_envelope(json.dumps(record_of(row)).encode()) for row in lake.seen()]
    assert sorted(again, key=lambda r: r.event.event_id) == records


def test_repeats_of_firehose_and_of_clients_are_left_out(lake: Lakehouse):
    first, *others = plays(3)
    later = first.model_copy(update={"received_at": NOW + 9})
    lake.land("a", [first, *others, first])
    lake.land("b", [later])
    report = lake.run()
    assert (report.records, report.repeats) == (3, 2)
    assert set(lake.ids().values()) == {1}
    assert {row["received_at"] for row in lake.seen()} == {NOW}


def test_one_profiles_event_id_does_not_hide_anothers(lake: Lakehouse):
    record = plays(1)[0]
    lake.land("a", [record, record.model_copy(update={"profile_id": "p2"})])
    assert lake.run().records == 2


def test_a_row_that_is_no_record_stays_where_it_landed(lake: Lakehouse):
    lake.land("a", [*plays(2), b'{"schema": 2, "event": {"type": "play"}}'])
    report = lake.run()
    assert (report.records, report.unreadable) == (2, 1)


def test_an_open_hour_is_left_alone(lake: Lakehouse):
    lake.land("a", plays(1))
    assert lake.run(now=NOW + HOUR + CLOSED_AFTER_SECONDS - 1).rewritten == []
    assert lake.run(now=NOW + HOUR + CLOSED_AFTER_SECONDS).rewritten == ["2026-11-23T19"]


def test_a_second_run_changes_nothing(lake: Lakehouse):
    lake.land("a", plays(5))
    lake.run()
    before = {
        key: lake.s3.head_object(Bucket=lake.bucket, Key=key)["LastModified"]
        for key in lake.objects()
    }
    assert lake.run().rewritten == []
    assert {
        key: lake.s3.head_object(Bucket=lake.bucket, Key=key)["LastModified"]
        for key in lake.objects()
    } == before


def test_a_file_that_lands_late_joins_its_hour(lake: Lakehouse):
    lake.land("a", plays(2))
    lake.run()
    lake.land("late", plays(1))
    assert lake.run().rewritten == ["2026-11-23T19"]
    assert sorted(lake.ids().values()) == [1, 1, 1]


def test_the_generation_before_goes_once_nobody_can_be_writing_it(lake: Lakehouse):
    lake.land("a", plays(1))
    lake.run()
    old = lake.objects("events/")
    lake.land("late", plays(1))
    lake.run(now=DAY_LATER)
    lake.run(now=time.time() + 1)
    assert old < lake.objects("events/")
    lake.run(now=max(DAY_LATER, time.time() + ABANDONED_AFTER_SECONDS + 1))
    assert old.isdisjoint(lake.objects("events/"))
    assert sorted(lake.ids().values()) == [1, 1]


def test_a_query_that_began_before_the_swap_still_finds_its_files(lake: Lakehouse):
    lake.land("a", plays(1))
    lake.run()
    old = lake.objects("events/")

    class LongAgo(LakeBucket):
        """The first generation was written long before the second."""

        def generations(self, hour):
            return {
                name: [replace(f, modified_at=1.0) if f.key in old else f for f in files]
                for name, files in super().generations(hour).items()
            }

    lake.land("late", plays(1))
    files = LongAgo(lake.s3, lake.bucket)
    assert lake.run(now=time.time() + 60, files=files).rewritten == ["2026-11-23T19"]
    lake.run(now=time.time() + ABANDONED_AFTER_SECONDS - 60, files=files)
    assert old < lake.objects("events/")
    lake.run(now=time.time() + ABANDONED_AFTER_SECONDS + 60, files=files)
    assert old.isdisjoint(lake.objects("events/"))


def test_files_of_an_older_schema_read_as_nulls(lake: Lakehouse):
    old = {n: k for n, k in landing_columns().items() if n not in {"country", "clock"}}
    old["event"] = "struct<event_id:string,type:string,title_id:string>"
    lake.land("old", plays(1), columns=old)
    lake.land("new", plays(1))
    lake.run()
    assert Counter(row["country"] for row in lake.seen()) == {None: 1, "DE": 1}


def test_a_new_generation_never_loses_what_readers_see(lake: Lakehouse):
    key = lake.land("a", plays(2))
    lake.run()
    lake.s3.delete_object(Bucket=lake.bucket, Key=key)  # as an expiry that comes too early would
    lake.land("late", plays(1))
    count = FakeCounter()
    assert lake.run(count=count).behind == ["2026-11-23T19"]
    assert count.seen[("LakeSourcesMissing",)] == 1
    assert len(lake.ids()) == 2


def test_an_hour_too_large_is_asked_for_elsewhere_and_behind_when_that_takes_too_long(lake):
    lake.land("a", plays(1))
    asked = []
    for hours in (0, 1, 5, 7, 8):
        count = FakeCounter()
        report = lake.run(now=DAY_LATER + hours * HOUR, most_bytes=10, count=count)
        assert report.elsewhere == ["2026-11-23T19"]
        assert report.behind == (["2026-11-23T19"] if hours > 6 else [])
        assert count.seen[("LakeHoursTooLarge",)] == 1
        (key,) = lake.objects("asked/")
        asked.append(json.loads(lake.s3.get_object(Bucket=lake.bucket, Key=key)["Body"].read()))
    # Again after six hours and not before: two jobs must not write one folder.
    assert [(at["last"] - DAY_LATER) / HOUR for at in asked] == [0, 0, 0, 7, 7]


def written_elsewhere(lake: Lakehouse, name: str = "_SUCCESS") -> None:
    """The hour as Spark writes it: here by DuckDB, in two files, its sign last."""
    hour = LakeHour.at(NOW)
    landed = lake.files.landed(hour)
    DuckdbRewriter(lake.files)(landed, hour, generation_of(landed))
    folder = f"events/{hour.folder}/{generation_of(landed)}"
    lake.s3.delete_object(Bucket=lake.bucket, Key=f"{folder}/_sources.json")
    lake.s3.put_object(Bucket=lake.bucket, Key=f"{folder}/{name}", Body=b"")


def test_an_hour_written_elsewhere_is_shown_once_it_is_whole(lake: Lakehouse):
    lake.land("a", plays(3))
    lake.run(most_bytes=10)
    written_elsewhere(lake, "_SUCCESS.part")
    assert lake.run(most_bytes=10).rewritten == []
    assert lake.seen() == []
    written_elsewhere(lake)
    report = lake.run(most_bytes=10)
    assert (report.rewritten, report.elsewhere, report.behind) == (["2026-11-23T19"], [], [])
    assert sorted(lake.ids().values()) == [1, 1, 1]
    assert lake.objects("asked/") == set()
    assert lake.run(most_bytes=10).rewritten == []


def test_what_two_jobs_wrote_into_one_folder_is_not_shown(lake: Lakehouse):
    lake.land("a", plays(3))
    written_elsewhere(lake)
    hour = LakeHour.at(NOW)
    folder = f"events/{hour.folder}/{generation_of(lake.files.landed(hour))}"
    for job in ("0b6c94a4-67f0", "91d2c3aa-1f00"):
        copy = {"Bucket": lake.bucket, "Key": f"{folder}/part-0.parquet"}
        key = f"{folder}/part-00000-{job}-c000.zstd.parquet"
        lake.s3.copy_object(Bucket=lake.bucket, Key=key, CopySource=copy)
    lake.s3.delete_object(**copy)
    report = lake.run(most_bytes=10)
    assert "2 jobs wrote parts" in report.failed[str(hour)]
    assert (report.behind, lake.seen()) == ([str(hour)], [])
    lake.s3.delete_object(Bucket=lake.bucket, Key=key)
    assert lake.run(most_bytes=10).rewritten == [str(hour)]
    assert sorted(lake.ids().values()) == [1, 1, 1]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_any_call_what_was_written_elsewhere_is_shown_whole(lake: Lakehouse, after: bool):
    lake.land("a", plays(3))
    lake.run()
    lake.land("late", plays(1))
    lake.run(most_bytes=10)
    written_elsewhere(lake)
    for calls in range(1, 100):
        try:
            mortal(lake, calls, after=after).run(most_bytes=10)
        except Killed:
            assert len(lake.seen()) in (3, 4)
        else:
            break
    assert calls > 3
    assert sorted(lake.ids().values()) == [1] * 4
    lake.land("later", plays(1))  # the sources were noted: another file is no loss
    assert lake.run().rewritten == ["2026-11-23T19"]
    assert sorted(lake.ids().values()) == [1] * 5


def test_what_time_does_not_allow_is_behind_and_done_next(lake: Lakehouse):
    for age in range(3):
        lake.land(f"h{age}", plays(1, NOW - age * HOUR), NOW - age * HOUR)
    turns = iter([True, False, False])
    report = lake.upkeep().run(now=DAY_LATER, may_go_on=lambda: next(turns))
    assert report.rewritten == ["2026-11-23T17"]
    assert report.behind == ["2026-11-23T18", "2026-11-23T19"]
    assert lake.run().rewritten == ["2026-11-23T18", "2026-11-23T19"]


def test_an_hour_is_behind_for_as_long_as_its_landed_files_are_kept(lake: Lakehouse):
    lake.land("a", plays(1))
    last = LakeHour.at(NOW).ends_at + LOOK_BACK_DAYS * 86_400
    lake.run(most_bytes=10)
    assert lake.run(now=last, most_bytes=10).behind == ["2026-11-23T19"]
    assert lake.run(now=last).rewritten == ["2026-11-23T19"]
    assert len(lake.ids()) == 1


def test_hours_past_their_retention_go_whole(lake: Lakehouse):
    lake.land("a", plays(1))
    lake.run()
    later = DAY_LATER + 40 * 86_400
    assert lake.run(now=later, retention_days=30).expired == ["2026-11-23T19"]
    assert lake.objects("events/") == set()
    assert lake.seen() == []
    assert lake.run(now=later, retention_days=30).expired == []


def test_an_hour_within_its_retention_stays(lake: Lakehouse):
    lake.land("a", plays(1))
    lake.run()
    assert lake.run(now=NOW + 29 * 86_400, retention_days=30).expired == []
    assert len(lake.ids()) == 1


def test_a_generation_is_named_after_its_files_alone():
    one, other = LakeFile("k1", "e1", 1, 1.0), LakeFile("k2", "e2", 2, 2.0)
    assert generation_of([one, other]) == generation_of([other, one])
    assert generation_of([one]) != generation_of([LakeFile("k1", "e9", 1, 1.0)])


def test_hours_are_named_as_firehose_names_them():
    assert LakeHour.at(NOW - 18 * HOUR).folder == "day=2026-11-23/hour=01"
    assert LakeHour.at(NOW).ends_at == NOW + HOUR


class Killed(BaseException):
    """The process is gone: nothing below may catch it."""


class Mortal:
    """Calls AWS until it is killed: before the call of that number, or right after it."""

    def __init__(self, real, budget: list, *, after: bool) -> None:
        self._real, self._budget, self._after = real, budget, after

    def __getattr__(self, name):
        real = getattr(self._real, name)
        if not callable(real) or name in {"get_paginator", "meta"}:
            return real

        def call(*args, **kwargs):
            self._budget[0] -= 1
            if self._budget[0] == 0 and not self._after:
                raise Killed
            answer = real(*args, **kwargs)
            if self._budget[0] == 0:
                raise Killed
            return answer

        return call


def mortal(lake: Lakehouse, calls: int, *, after: bool) -> Lakehouse:
    budget = [calls]
    s3, glue = (Mortal(client, budget, after=after) for client in (lake.s3, lake.glue))
    return replace(lake, s3=s3, glue=glue)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_any_call_readers_see_each_record_once(lake: Lakehouse, after: bool):
    """Kill upkeep at its first call, its second, …, until it lives; look in between."""
    first, second = plays(3), plays(2)
    lake.land("a", first)
    lake.run()
    lake.land("late", [*second, first[0]])
    old = {record.event.event_id for record in first}
    new = old | {record.event.event_id for record in second}
    states, calls = [], 0
    while True:
        calls += 1
        assert calls < 100, "upkeep never came to its end"
        try:
            mortal(lake, calls, after=after).run()
        except Killed:
            seen = lake.ids()
            assert set(seen.values()) == {1}
            assert set(seen) in (old, new)
            states.append(set(seen) == new)
        else:
            break
    assert states == sorted(states), "a record was seen and then no more"
    assert states.count(False) >= 3
    assert set(lake.ids()) == new


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_any_call_retention_leaves_no_half_hour(lake: Lakehouse, after: bool):
    lake.land("a", plays(3))
    lake.run()
    later = DAY_LATER + 40 * 86_400
    for calls in range(1, 100):
        try:
            mortal(lake, calls, after=after).run(now=later, retention_days=30)
        except Killed:
            assert len(lake.seen()) in (0, 3)
        else:
            break
    assert lake.seen() == []
    assert lake.objects("events/") == set()


def test_a_store_that_fails_leaves_the_hour_for_next_time(lake: Lakehouse):
    lake.land("a", plays(2))

    class Refusing(DuckdbRewriter):
        def __call__(self, *given):
            super().__call__(*given)
            raise RetryLaterError("the lake bucket failed; try again")

    report = lake.run(rewrite=Refusing(lake.files))
    assert report.behind == ["2026-11-23T19"]
    assert report.failed == {"2026-11-23T19": "RetryLaterError: the lake bucket failed; try again"}
    assert lake.seen() == []
    lake.run()
    assert len(lake.ids()) == 2


def test_an_hour_that_cant_be_read_is_behind_and_holds_up_nothing_else(lake: Lakehouse):
    lake.land("kept", plays(1))
    lake.run()
    long_ago = DAY_LATER + 40 * 86_400
    at, count = long_ago - 86_400, FakeCounter()
    unreadable = lake.land("a", plays(2, at), at)
    lake.s3.put_object(Bucket=lake.bucket, Key=unreadable, Body=b"no parquet")
    lake.land("b", plays(3, at + HOUR), at + HOUR)
    report = lake.run(now=long_ago, retention_days=30, count=count)
    hour = str(LakeHour.at(at))
    assert (report.behind, list(report.failed)) == ([hour], [hour])
    assert "parquet" in report.failed[hour].lower()
    assert report.rewritten == [str(LakeHour.at(at + HOUR))]
    assert report.expired == ["2026-11-23T19"]
    assert (count.seen["LakeHoursFailed",], count.seen["LakeHoursBehind",]) == (1, 1)
    lake.land("a", plays(2, at), at)  # repaired
    assert lake.run(now=long_ago).rewritten == [hour]


def test_retention_that_fails_is_behind_and_holds_up_no_hour(lake: Lakehouse):
    class Refusing(GlueCatalogue):
        def hours_before(self, hour):
            raise RetryLaterError("Glue failed; try again")

    lake.land("a", plays(1))
    report = lake.run(catalogue=Refusing(lake.glue, lake.database, lake.bucket))
    assert (report.rewritten, report.behind) == (["2026-11-23T19"], ["retention"])


def test_what_does_not_fit_in_memory_is_spilled(lake: Lakehouse):
    rng = random.Random(5)
    profiles = [f"p{rng.randrange(10**9)}" for _ in range(4000)]
    lake.land("a", [a_record("play", title_id="t1", profile_id=name) for name in profiles] * 5)
    report = lake.run(rewrite=DuckdbRewriter(lake.files, memory_mb=64))
    assert (report.records, report.repeats) == (4000, 16_000)
