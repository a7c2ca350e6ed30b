"""A million events through a consumer's own handler, killed at random points.

``python -m benchmarks.survival [--path windows]`` takes a few minutes; it needs ``.venv``, and
``lambda_src`` on the path.
"""

from __future__ import annotations

import logging
import time
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from benchmarks.plane.million import Survived, survive

console = Console()
Path = Literal["profiles", "windows"]


def main(
    events: Annotated[int, typer.Option(min=1, help="How many different events.")] = 1_000_000,
    seed: Annotated[int, typer.Option(help="Of the order, the repeats and the faults.")] = 1,
    path: Annotated[Path, typer.Option(help="The profile consumer, or the windows'.")] = "profiles",
) -> None:
    """Send events in random order, some of them twice, while calls to the table are throttled,
    done in part, lose their answers, or end the process; then look for every single event."""
    logging.disable(logging.ERROR)
    began = time.monotonic()
    columns = (TextColumn("events"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("events", total=events)
        result = survive(events, seed=seed, path=path, told=lambda n: progress.advance(task, n))
    console.print(_table(result, time.monotonic() - began))
    if not result.whole:
        raise typer.Exit(1)


def _table(result: Survived, seconds: float) -> Table:
    table = Table(title="The consumer, killed at random points", show_header=False)
    table.add_column(style="bold")
    table.add_column(justify="right")
    rows = {
        "events sent": result.events,
        "records delivered, repeats among them": result.delivered,
        "invocations": result.invocations,
        "of these killed": result.kills,
        **{f"calls that went wrong: {name}": n for name, n in result.faults.items()},
        **{f"calls done: {name}": n for name, n in sorted(result.calls.items())},
        "events found": result.found,
        "registers or rows that hold anything else": result.wrong,
        "records given up": result.given_up,
        "records set aside": result.set_aside,
    }
    for name, value in rows.items():
        table.add_row(name, f"{value:,}")
    table.caption = f"{'every event is there once' if result.whole else 'EVENTS ARE MISSING'}"
    table.caption += f"; {seconds:.0f} s"
    return table


app = typer.Typer(rich_markup_mode="rich", add_completion=False)
app.command()(main)

if __name__ == "__main__":
    app()
