"""The quality table: ours beside the models of implicit, lenskit and rectools.

Run it with ``make bench DATA=folder``, or in the environment that makes:
``python -m benchmarks.recommender --help``.
"""

from __future__ import annotations

import logging
import shlex
import sys
import warnings
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from benchmarks.quality import movielens, report
from benchmarks.quality.contenders import BY_NAME, CONTENDERS, Contender
from benchmarks.quality.frames import Frames
from benchmarks.quality.leaks import LeakageError
from benchmarks.quality.plot import draw
from benchmarks.quality.summary import Result
from benchmarks.quality.tournament import play

console = Console(width=200 if not sys.stdout.isatty() else None)
QUICK_SETTINGS = 2

EXAMPLES = """
Measure recommenders side by side: on the same splits, tuned on validation data only, with
every split and every answer checked for leaks.

The five scenarios: [b]a[/b] a random fifth of each viewer's ratings held out; [b]b[/b] what
comes after one moment; [b]c[/b] viewers with 1, 3, 5 and 10 events; [b]d[/b] titles without
events; [b]e[/b] viewers who were not in training.

Examples:

  python -m benchmarks.recommender DATA                        the whole table (hours)

  python -m benchmarks.recommender DATA -s a -m ours           ours alone on one scenario

  python -m benchmarks.recommender DATA --quick                two settings each, no slow peers

  python -m benchmarks.recommender DATA -s c -s e -m ours -m implicit-als --seeds 3
"""


class Scenario(StrEnum):
    """The letters of the issue."""

    RANDOM = "a"
    TEMPORAL = "b"
    COLD_VIEWERS = "c"
    COLD_TITLES = "d"
    UNSEEN_VIEWERS = "e"


Model = StrEnum("Model", {contender.name: contender.name for contender in CONTENDERS})  # type: ignore[misc]


def table(
    data: Annotated[
        Path,
        typer.Argument(help="Folder with ratings and movies, .csv or ML-1M's .dat.", exists=True),
    ],
    scenario: Annotated[
        list[Scenario] | None, typer.Option("-s", "--scenario", help="Again for more; all.")
    ] = None,
    model: Annotated[
        list[Model] | None, typer.Option("-m", "--model", help="Again for more; all.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the Markdown, JSON and PNG files.")
    ] = None,
    seeds: Annotated[
        int, typer.Option(min=1, max=5, help="Splits of each kind; figures are their means.")
    ] = 1,
    quick: Annotated[
        bool, typer.Option("--quick", help="Few settings, no slow peers: to see it run.")
    ] = False,
) -> None:
    _quiet()
    found = movielens.read(data)
    contenders = chosen([one.value for one in model or ()], quick)
    frames, results = Frames(found), []
    for letter in [one.value for one in scenario or Scenario]:
        steps = len(contenders) * seeds
        try:
            with _progress() as progress:
                task = progress.add_task(letter, total=steps, what="")

                def said(
                    name: str, what: str, progress: Progress = progress, task: TaskID = task
                ) -> None:
                    progress.update(task, advance=int(what == "done"), what=f"{name}: {what}")

                results.append(play(letter, found, frames, contenders, seeds, said))
        except LeakageError as error:
            console.print(f"[red]leak[/red] {error}", highlight=False)
            raise typer.Exit(1) from error
        console.print(report.on_screen(results[-1]))
        if out is not None:
            write(out, found.name, results)


def chosen(names: Sequence[str], quick: bool) -> tuple[Contender, ...]:
    """The contenders of these names (all without any), cut down when ``quick``."""
    found = [BY_NAME[name] for name in names] if names else list(CONTENDERS)
    if not quick:
        return tuple(found)
    kept = [one for one in found if names or not one.slow]
    return tuple(one.quicker(QUICK_SETTINGS) for one in kept)


def write(folder: Path, data: str, results: Sequence[Result]) -> None:
    """All three files, anew after each scenario, so that a stopped run leaves what it had."""
    folder.mkdir(parents=True, exist_ok=True)
    command = shlex.join(["python", "-m", "benchmarks.recommender", *sys.argv[1:]])
    name = f"quality-{data}"
    (folder / f"{name}.md").write_text(report.markdown(data, command, results))
    report.write_json(folder / f"{name}.json", data, command, results)
    draw(folder / f"{name}.png", results)


def _progress() -> Progress:
    return Progress(
        TextColumn("({task.description})"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[what]}"),
        console=console,
        transient=True,
    )


def _quiet() -> None:
    """The libraries' hints on threads and formats would bury the table."""
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)


app = typer.Typer(rich_markup_mode="rich", add_completion=False)
app.command(help=EXAMPLES)(table)

if __name__ == "__main__":
    app()
