"""``replay``: events fed back through the stream's consumers, from the lake or from failures."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from scripts.operators.consumers import OUTPUTS, Consumer, Feed, Pace, Replayed
from scripts.operators.deployment import Deployment, StageOption
from scripts.operators.errors import OperatorError, explained
from scripts.operators.failures import Failures
from scripts.operators.lake import HourOfLake, Lake, hour_range
from scripts.operators.refused import RefusedRecords

app = typer.Typer(
    no_args_is_help=True,
    help="Feed events back through the consumers. What they have counted they count once: "
    "a second replay changes nothing. The stream gets no record; the lake, what it refused.",
)


class Target(StrEnum):
    """Which consumers."""

    profile = "profile"
    trending = "trending"
    both = "both"

    @property
    def consumers(self) -> list[Consumer]:
        """Their names."""
        return [name for name in OUTPUTS if self in (Target.both, name)]


SHOWN = 10  # of what is left
FORMATS = ["%Y-%m-%dT%H", "%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z"]
RateOption = Annotated[float, typer.Option(min=1, help="Records a second, at the most.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Count, feed nothing.")]


@app.command()
@explained
def hours(
    first: Annotated[datetime, typer.Argument(formats=FORMATS, help="The first hour, UTC.")],
    end: Annotated[
        datetime | None,
        typer.Argument(formats=FORMATS, help="The hour after the last; without it, one hour."),
    ] = None,
    stage: StageOption = "local",
    to: Annotated[Target, typer.Option(help="Which consumers.")] = Target.both,
    rate: RateOption = 500,
    dry_run: DryRunOption = False,
) -> None:
    """Replay hours of the lake, by the time of arrival.

    `replay hours 2026-11-23T19 2026-11-23T22` feeds the three hours from 19:00. Hours not made
    whole yet are read as they landed. Windows take what happened in the last two days alone.
    """
    console = Console()
    deployment = Deployment(stage)
    lake = Lake(deployment)
    found = lake.hours(*hour_range(first, end))
    counts = {hour.hour: lake.count(hour) for hour in found}
    table = Table("hour (UTC)", "read from", "files", "records", title_justify="left")
    for hour in found:
        read_from = "events" if hour.whole else "landing"
        table.add_row(str(hour.hour), read_from, f"{len(hour.files):,}", f"{counts[hour.hour]:,}")
    console.print(table if found else "the lake holds nothing of these hours")
    if dry_run:
        return
    broken: list[str] = []
    for consumer in to.consumers:
        feed = Feed(deployment, consumer, Pace(rate))
        with _progress(console) as progress:
            bar = progress.add_task(f"to the {consumer} consumer", total=sum(counts.values()))
            for hour in found:
                left = feed.send(_numbered(lake, hour), partial(progress.advance, bar))
                broken += [f"{consumer} consumer, record {record.sequence}" for record in left]
    _report(broken)


@app.command()
@explained
def failures(
    stage: StageOption = "local",
    rate: RateOption = 100,
    dry_run: DryRunOption = False,
) -> None:
    """Replay what was set aside or given up, each to the consumer that it failed in.

    An object whose records were taken is deleted (its versions stay a while); one whose record
    is still unreadable, or breaks its consumer's function, stays. Mend the cause first.
    """
    console = Console()
    deployment = Deployment(stage)
    bucket = Failures(deployment)
    found = list(bucket.found())
    total = sum(len(failure.records) for failure in found)
    console.print(f"{len(found):,} objects with {total:,} records in the failure bucket")
    if dry_run or not found:
        return
    pace = Pace(rate)
    feeds = {consumer: Feed(deployment, consumer, pace) for consumer in Target.both.consumers}
    settled, broken = 0, []
    with _progress(console) as progress:
        bar = progress.add_task("to their consumers", total=total)
        for failure in found:
            if feeds[failure.consumer].send(failure.records, partial(progress.advance, bar)):
                broken.append(failure.key)
            else:
                settled += bucket.settle(failure)
    again = len(found) - settled - len(broken)
    console.print(f"{settled:,} taken and deleted, {again:,} set aside again")
    _report(broken)


@app.command()
@explained
def refused(stage: StageOption = "local", dry_run: DryRunOption = False) -> None:
    """Land what Firehose could not convert to Parquet, so that the lake has it after all.

    The consumers had these records from the stream. Each hour is made whole anew by the next
    upkeep; an object of which all could be read is deleted. Mend the table first.
    """
    console = Console()
    bucket = RefusedRecords(Deployment(stage))
    objects = readable = unreadable = settled = 0
    for each in bucket.found(now=time.time()):
        objects += 1
        readable, unreadable = readable + each.readable, unreadable + each.unreadable
        settled += not dry_run and bucket.land(each)
    console.print(
        f"{objects:,} objects with {readable:,} records that Firehose refused, "
        f"and {unreadable:,} that are none"
    )
    if not dry_run and objects:
        console.print(
            f"landed {readable:,}; {settled:,} objects deleted, {objects - settled:,} stay"
        )


def _report(broken: Sequence[str]) -> None:
    """Ends the command where records broke a consumer's function, and says where they are."""
    if broken:
        raise OperatorError(
            f"{len(broken):,} broke a consumer's function and are left where they are: "
            + "; ".join(broken[:SHOWN]),
            next_step="see the function's log and mend it; then run the same again",
        )


def _numbered(lake: Lake, hour: HourOfLake) -> Iterator[Replayed]:
    for number, data in enumerate(lake.records(hour)):
        # The same record has the same number in every replay: a day's poison overwrites itself.
        # It arrives now: a consumer sets nothing aside that a busy table refuses for a while.
        yield Replayed(data, f"{hour.hour}-{number:012}", arrived_at=time.time())


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
    )
