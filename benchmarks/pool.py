"""What the bounded pool of exemplar viewers costs: neighbours from it, and from everybody.

Run it with ``python -m benchmarks.pool``, or with a folder in MovieLens format.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.speed.world import NOW, world
from recommender.collaborative import CollaborativeConfig, CollaborativeScorer
from recommender.exemplars import PoolConfig, choose_pool
from recommender.histories import Histories
from recommender.interactions import Interactions
from recommender.rehearsal import FoldedCase, Rehearsal, newcomers
from recommender.sparse import Ints
from recommender.tuning import quality
from scripts.importers import movielens

LENGTHS = ((1, "1 title"), (3, "3 titles"), (10, "10 titles"), (None, "four fifths"))
_SEED = 7
Figures = Mapping[str, float]
app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def main(
    data: Annotated[Path | None, typer.Argument(help="Folder in MovieLens format.")] = None,
    size: Annotated[list[int] | None, typer.Option("-n", help="Pools, again for more.")] = None,
    viewers: Annotated[int, typer.Option(help="Of the made world, without a folder.")] = 20_000,
) -> None:
    """Hold a few hundred viewers out and let neighbours alone recommend to them.

    Each pool is chosen to cover tastes, and once more by lot; the last lines are everybody, as
    served and with no bound on the titles by which neighbours are found.

    Examples:

      python -m benchmarks.pool                       a made world

      python -m benchmarks.pool ml-latest-small       real ratings
    """
    interactions = _imported(data) if data else _made(viewers)
    rehearsal = next(newcomers(interactions))
    everybody = np.flatnonzero(rehearsal.interactions.preferences.lengths).astype(np.int32)
    rng = np.random.default_rng(_SEED)
    pools: list[tuple[str, str, Ints]] = []
    for count in sorted(size or _sizes(len(everybody))):
        covering = choose_pool(rehearsal.interactions, PoolConfig(size=count))
        by_lot = np.sort(rng.choice(everybody, min(count, len(everybody)), replace=False))
        pools += [(f"{count:,}", "to cover", covering), (f"{count:,}", "by lot", by_lot)]
    pools.append((f"{len(everybody):,}", "everybody", everybody))
    pools.append((f"{len(everybody):,}", "no bounds", everybody))
    found = [
        _figures(rehearsal, pool, everybody=how == "no bounds")
        for _, how, pool in track(pools, "pools", transient=True)
    ]
    _show(pools, found, len(rehearsal.held))


def _sizes(everybody: int) -> Sequence[int]:
    return [count for count in (50, 100, 200, 500, 1_000, 5_000) if count < everybody]


def _made(viewers: int) -> Interactions:
    made = world(titles=5_000, viewers=viewers, mean_length=60.0)
    return made.histories.interactions(_numbers(made.histories.title_ids), NOW)


def _imported(folder: Path) -> Interactions:
    histories = Histories.of(movielens.read(folder).histories)
    return histories.interactions(_numbers(histories.title_ids), float(histories.times.max()))


def _numbers(title_ids: Sequence[str]) -> Mapping[str, int]:
    return {title_id: number for number, title_id in enumerate(title_ids)}


def _figures(rehearsal: Rehearsal, pool: Ints, *, everybody: bool = False) -> Figures:
    """nDCG@10 of neighbours from ``pool``, by how much of a viewer is known.

    ``everybody`` is asked with no bound on what likeness is worked out from, either.
    """
    config = CollaborativeConfig()
    if everybody:
        config = replace(config, postings=len(rehearsal.interactions.times))
    scorer = CollaborativeScorer.fit(rehearsal.interactions, config, pool)
    figures: dict[str, list[float]] = {name: [] for _, name in LENGTHS}
    for case in rehearsal.cases:
        figures[_name(case)].append(quality(scorer(case.given), case))
    return {name: float(np.mean(values)) for name, values in figures.items() if values}


def _name(case: FoldedCase) -> str:
    return next(name for length, name in LENGTHS if length in (len(case.given), None))


def _show(pools: Sequence[tuple[str, str, Ints]], found: Sequence[Figures], asked: int) -> None:
    table = Table(title=f"neighbours alone, nDCG@10 of {asked} viewers held out")
    for name in ("pool", "chosen", *found[-1], "mean", "loss"):
        table.add_column(name, justify="left" if name == "chosen" else "right")
    whole = float(np.mean(list(found[-1].values())))
    for (count, how, _), figures in zip(pools, found, strict=True):
        mean = float(np.mean(list(figures.values())))
        cells = [f"{value:.4f}" for value in figures.values()]
        table.add_row(count, how, *cells, f"{mean:.4f}", f"{mean / whole - 1:+.1%}")
    Console().print(table)


if __name__ == "__main__":
    app()
