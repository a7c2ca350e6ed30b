"""The event plane in numbers: its own code's speed, what a million events cost, how soon it shows.

``python -m benchmarks.events --help`` (with ``.venv``, and ``lambda_src`` on the path).
"""

from __future__ import annotations

import logging
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from benchmarks.plane import costs, loop, speed
from benchmarks.plane.load import COUNTED

CONSUMER_TARGET, INGEST_TARGET, LOOP_TARGET_SECONDS = 10_000, 20_000, 1.0

console = Console()
app = typer.Typer(rich_markup_mode="rich", add_completion=False, no_args_is_help=True)
Batches = Annotated[int, typer.Option(min=2, help="Batches of 500 events.")]


@app.command()
def own_code(batches: Batches = 100) -> None:
    """Events a second of the consumer's and the ingest's own code, on one core."""
    logging.disable(logging.WARNING)
    with _bar("consumer", 2 * batches) as told:
        consumed = speed.consumer(batches, told)
    with _bar("windows", 4 * batches) as told:
        windowed = speed.windows(batches, told)
        counted = speed.windows(batches, told, kinds=COUNTED)
    with _bar("ingest", 2 * batches) as told:
        taken = speed.ingestion(batches, told)
    table = Table(title=f"Own code on one core, {batches * speed.BATCH:,} events each")
    for name in ("path", "events/s", "target", "of the target", "µs/event"):
        table.add_column(name, justify="left" if name == "path" else "right")
    for name, found, target in (
        ("profile consumer", consumed, CONSUMER_TARGET),
        ("windows' consumer, the same events", windowed, CONSUMER_TARGET),
        ("windows' consumer, all of them counted", counted, CONSUMER_TARGET),
        ("ingest", taken, INGEST_TARGET),
    ):
        rate = found.per_second
        table.add_row(
            name, f"{rate:,.0f}", f"{target:,}", f"{rate / target:.2f}", f"{1e6 / rate:.0f}"
        )
    console.print(table)


@app.command()
def history(
    years: Annotated[int, typer.Option(min=1)] = 10,
    titles_a_day: Annotated[float, typer.Option(min=0.1)] = 2.0,
) -> None:
    """What a request reads of a history of so many years, and how long decoding it takes."""
    found = speed.history(round(years * 365 * titles_a_day))
    table = Table(title=f"A history of {years} years, {titles_a_day:g} titles a day")
    for name in ("titles", "bytes", "bytes a title", "pages of 1 MB", "own code, ms"):
        table.add_column(name, justify="right")
    pages = -(-found.bytes // 2**20)
    each = found.bytes / found.titles
    table.add_row(
        f"{found.titles:,}",
        f"{found.bytes:,}",
        f"{each:.0f}",
        f"{pages}",
        f"{found.seconds * 1e3:.0f}",
    )
    console.print(table)


@app.command()
def cost(
    batches: Batches = 40,
    events_per_request: Annotated[float, typer.Option(min=1, max=500)] = 10.0,
    events_per_batch: Annotated[float, typer.Option(min=1, max=500)] = 100.0,
) -> None:
    """Dollars for a million events by path, at the speeds measured here."""
    logging.disable(logging.WARNING)
    with _bar("measuring", 8 * batches) as told:
        load = costs.Workload(
            events_per_request=events_per_request,
            events_per_batch=events_per_batch,
            consumer_per_second=speed.consumer(batches, told).per_second,
            ingest_per_second=speed.ingestion(batches, told).per_second,
            windows_per_second=speed.windows(batches, told).per_second,
            window_writes_per_event=speed.window_writes(round(events_per_batch)),
        )
        counted = replace(
            load,
            windows_per_second=speed.windows(batches, told, kinds=COUNTED).per_second,
            window_writes_per_event=speed.window_writes(round(events_per_batch), COUNTED),
        )
    table = Table(title="A million events")
    for name in ("path", "part", "dollars"):
        table.add_column(name, justify="right" if name == "dollars" else "left")
    paths = costs.costs(load)
    paths["windows, all of them counted"] = costs.costs(counted)["windows"]
    for path, parts in paths.items():
        for part, dollars in parts.items():
            table.add_row(path, part, f"{dollars:.4f}")
        table.add_row(path, "together", f"{sum(parts.values()):.4f}", style="bold")
        table.add_section()
    console.print(table)
    prices = Table(title="Prices, us-east-1")
    for name in ("dollars", "for a", "page", "since"):
        prices.add_column(name)
    for price in costs.PRICES.values():
        prices.add_row(f"{price.dollars:.10g}", price.unit, price.page, price.since)
    console.print(prices)


@app.command()
def until_it_shows(
    rounds: Annotated[int, typer.Option(min=10, help="Events, one after the other.")] = 100,
) -> None:
    """Seconds from an event to a changed recommendation, on the platform that `make demo` runs."""
    with _bar("rounds", rounds) as told:
        found = sorted(loop.seconds_until_it_shows(rounds, told))
    cuts = statistics.quantiles(found, n=100, method="inclusive")
    table = Table(title=f"From an event to a changed recommendation, {rounds} times")
    for name in ("", "p50", "p99", "most"):
        table.add_column(name, justify="right" if name else "left")
    values = (cuts[49], cuts[98], found[-1])
    table.add_row("seconds", *(f"{value:.3f}" for value in values))
    beyond = [value - loop.POLLING_SECONDS for value in values]
    table.add_row("beyond the emulator's polling", *(f"{value:.3f}" for value in beyond))
    table.caption = (
        f"the emulator looks for records every {loop.POLLING_SECONDS:g} s; "
        f"target: p99 of {LOOP_TARGET_SECONDS:g} s beyond that"
    )
    console.print(table)


@contextmanager
def _bar(what: str, total: int) -> Iterator[Any]:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda: progress.advance(task)


if __name__ == "__main__":
    app()
