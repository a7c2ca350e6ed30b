"""The quality table: ours beside the models of implicit, lenskit and rectools.

Run it with ``make bench DATA=folder``, or in the environment that makes:
``python -m benchmarks.recommender --help``.
"""

from __future__ import annotations

import logging
import os
import shlex
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from threadpoolctl import threadpool_limits

from benchmarks.quality import movielens, report
from benchmarks.quality.cache import Cache
from benchmarks.quality.contenders import BY_NAME, CONTENDERS, Contender
from benchmarks.quality.frames import Frames
from benchmarks.quality.leaks import LeakageError
from benchmarks.quality.plot import draw
from benchmarks.quality.summary import Result
from benchmarks.quality.tournament import Scenario

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

  python -m benchmarks.recommender DATA --cache kept -m ours   ours anew beside what is kept
"""


class Letter(StrEnum):
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
        list[Letter] | None, typer.Option("-s", "--scenario", help="Again for more; all.")
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
    cache: Annotated[
        Path | None,
        typer.Option(
            help="Folder to keep answers in: a stopped run goes on, and models not named by -m"
            " join where all of theirs are kept."
        ),
    ] = None,
) -> None:
    _quiet()
    _one_thread()
    found = movielens.read(data)
    contenders = chosen([one.value for one in model or ()], quick)
    joining = [one for one in CONTENDERS if cache and one.name not in {c.name for c in contenders}]
    kept, frames, results = Cache(cache), Frames(found), []
    for letter in [one.value for one in scenario or Letter]:
        try:
            with _heard(letter, len(contenders)) as said:
                playing = Scenario.of(letter, found, frames, seeds, kept)
                results.append(playing.play(contenders, joining, said))
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


@contextmanager
def _heard(letter: str, steps: int) -> Iterator[Callable[[str, str], None]]:
    """A bar on a terminal, a line with the time for each step in a file."""
    if not console.is_terminal:
        yield lambda name, what: print(f"{_clock()} ({letter}) {name}: {what}", flush=True)
        return
    columns = (
        TextColumn("({task.description})"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[what]}"),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(letter, total=steps, what="")

        def said(name: str, what: str) -> None:
            progress.update(task, advance=int(what == "done"), what=f"{name}: {what}")

        yield said


def _clock() -> str:
    return datetime.now(UTC).strftime("%H:%M:%S")


def _one_thread() -> None:
    """All on one thread, for times of the processor to be what a request or a fit takes."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS", "LK_NUM_THREADS"):
        os.environ[name] = "1"  # for the libraries that are imported later on
    threadpool_limits(1)


def _quiet() -> None:
    """The libraries' hints on threads and formats would bury the table."""
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)


app = typer.Typer(rich_markup_mode="rich", add_completion=False, pretty_exceptions_enable=False)
app.command(help=EXAMPLES)(table)

if __name__ == "__main__":
    app()
