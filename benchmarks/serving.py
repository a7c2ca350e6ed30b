"""Speed and size: one request in steps, the artifact, and how fitting grows.

Run it with ``make bench-serving``, or ``python -m benchmarks.serving --help``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.speed.world import NOW, viewers_for
from recommender.exemplars import PoolConfig
from recommender.gram import GramConfig

ROOT = Path(__file__).parents[1]
PEER = ROOT / ".venv-bench" / "bin" / "python"
console = Console()
app = typer.Typer(add_completion=False, rich_markup_mode="rich")

Json = dict[str, Any]
# What is measured, its name in a line, and the limit that it must stay within.
LIMITS = (
    ("bytes", "artifact, MB", 60.0),
    ("load_ms", "load, ms", 300.0),
    ("resident_mb", "resident, MB", 350.0),
    ("p50_ms", "request p50, ms", 2.0),
    ("p99_ms", "request p99, ms", 5.0),
)
ALS_MARGIN_S = 10.0
MOST_MB = 12 * 1024.0


@app.command()
def serving(
    titles: Annotated[int, typer.Option(help="Titles of the catalogue.")] = 17_000,
    exemplars: Annotated[int, typer.Option(help="Viewers in the pool.")] = PoolConfig().size,
    viewers: Annotated[int, typer.Option(help="Viewers the served model is fitted on.")] = 55_000,
    mean_length: Annotated[float, typer.Option(help="Titles a viewer has watched.")] = 70.0,
    learned: Annotated[
        int, typer.Option(help="Most titles of the linear model; its inverse grows as the cube.")
    ] = GramConfig().most,
) -> None:
    """Fit a made world, serve it from one process on one core, and print each step's time.

    Examples:

      python -m benchmarks.serving serving                       the stated size

      python -m benchmarks.serving serving --learned 12000       with a larger linear model
    """
    with tempfile.TemporaryDirectory() as folder:
        size = {"titles": titles, "viewers": viewers, "mean_length": mean_length}
        wanted = {**size, "exemplars": exemplars, "learned": learned, "folder": folder}
        fitted = measured("fitting", "benchmarks.speed.fitting", json.dumps(wanted))
        files = [f"{folder}/model.bin", f"{folder}/asking.csv.gz", str(NOW)]
        served = measured("serving", "benchmarks.speed.serve", *files)
    _show_fits([fitted])
    _show_limits(served)
    _show_steps(served["steps_ms"])


@app.command()
def growth(
    interactions: Annotated[
        list[int] | None, typer.Option("-n", help="Interactions, again for more; 100k and 1M.")
    ] = None,
    titles: Annotated[int, typer.Option(help="Titles of the catalogue.")] = 17_000,
    mean_length: Annotated[float, typer.Option(help="Titles a viewer has watched.")] = 150.0,
    exemplars: Annotated[int, typer.Option(help="Viewers in the pool.")] = PoolConfig().size,
    learned: Annotated[
        int, typer.Option(help="Most titles of the linear model.")
    ] = GramConfig().most,
) -> None:
    """Fit made worlds of growing size, with implicit's ALS beside ours; one thread each.

    Examples:

      python -m benchmarks.serving growth -n 100000 -n 1000000

      python -m benchmarks.serving growth -n 25000000            within 12 GiB; long
    """
    fits = []
    for count in interactions or [100_000, 1_000_000]:
        with tempfile.TemporaryDirectory() as folder:
            viewers = viewers_for(count, titles=titles, mean_length=mean_length)
            size = {"titles": titles, "viewers": viewers, "mean_length": mean_length}
            wanted = {**size, "exemplars": exemplars, "learned": learned, "folder": folder}
            fit = measured(f"fitting {count:,}", "benchmarks.speed.fitting", json.dumps(wanted))
            if PEER.exists():
                pairs = f"{folder}/pairs.npz"
                peer = measured("implicit's ALS", "benchmarks.speed.als", pairs, python=PEER)
                fit |= {"als_s": peer["fit_s"], "als_busy_s": peer["busy_s"]}
        fits.append(fit)
    _show_fits(fits)
    if not PEER.exists():
        console.print("implicit's ALS was left out: make its environment with scripts/setup-bench")


def measured(what: str, module: str, *arguments: str, python: Path | None = None) -> Json:
    """What a process of its own prints as JSON, on one thread."""
    one_thread = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    path = os.pathsep.join((str(ROOT), str(ROOT / "lambda_src")))
    with console.status(f"{what} …"):
        done = subprocess.run(
            [str(python or sys.executable), "-m", module, *arguments],
            env={**os.environ, **one_thread, "PYTHONPATH": path},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        console.print(done.stderr, style="red")
        raise typer.Exit(1)
    answer: Json = json.loads(done.stdout.splitlines()[-1])
    return answer


def _show_limits(served: Json) -> None:
    table = Table(
        title=f"{served['titles']:,} titles, {served['exemplars']:,} exemplars, "
        f"{served['watched']:.0f} titles watched, 60 with reasons"
    )
    for name in ("", "measured", "limit", "measured / limit"):
        table.add_column(name, justify="left" if not name else "right")
    for key, name, limit in LIMITS:
        value = served[key] / 1e6 if key == "bytes" else served[key]
        share = value / limit
        colour = "green" if share <= 1 else "red"
        table.add_row(name, f"{value:.1f}", f"{limit:g}", f"[{colour}]{share:.2f}[/]")
    console.print(table)
    console.print(
        f"of a request, time on the processor: p50 {served['busy_p50_ms']:.1f} ms, "
        f"p99 {served['busy_p99_ms']:.1f} ms; more than that was spent waiting for it"
    )
    console.print(f"the first request after loading: {served['first_ms']:.1f} ms")


def _show_steps(steps: dict[str, float]) -> None:
    table = Table("step", "median, ms", "share", title="what one request is made of")
    total = sum(steps.values())
    for name, value in steps.items():
        table.add_row(name, f"{value:.3f}", f"{value / total:.0%}")
    console.print(table)


def _show_fits(fits: list[Json]) -> None:
    table = Table(title="fitting, one thread; in brackets, time on the processor")
    for name in ("interactions", "viewers", "fit, s", "ALS + 10, s", "peak, MB (limit 12,288)"):
        table.add_column(name, justify="right")
    for fit in fits:
        colour = "green" if fit["peak_mb"] <= MOST_MB else "red"
        table.add_row(
            f"{fit['interactions']:,}",
            f"{fit['viewers']:,}",
            f"{fit['fit_s']:.1f} ({fit['busy_s']:.1f})",
            _limit(fit),
            f"[{colour}]{fit['peak_mb']:,.0f}[/]",
        )
    console.print(table)


def _limit(fit: Json) -> str:
    if "als_s" not in fit:
        return ""
    return f"{fit['als_s'] + ALS_MARGIN_S:.1f} ({fit['als_busy_s'] + ALS_MARGIN_S:.1f})"


if __name__ == "__main__":
    app()
