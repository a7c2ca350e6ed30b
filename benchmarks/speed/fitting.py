"""One process that fits: a made world of so many interactions, and what training on it took.

Run by ``benchmarks.serving`` in a process of its own, so that the peak of its memory is that of
one fit. Prints one JSON object; with a folder leaves the artifact, a few viewers' histories
and the pairs for a peer there.
"""

from __future__ import annotations

import json
import resource
import sys
from dataclasses import replace
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np

from benchmarks.speed.world import NOW, World, world
from recommender.artifact import to_bytes
from recommender.exchange import write_interactions
from recommender.exemplars import PoolConfig
from recommender.gram import GramConfig
from recommender.history import Signal, SignalKind
from recommender.training import TrainingConfig, fit

ASKING = 200  # viewers of about ASKED_LENGTH titles whose requests are timed
ASKED_LENGTH = 100


def main(wanted: dict[str, Any]) -> dict[str, Any]:
    """Fit as ``wanted`` says: titles, viewers, mean_length, exemplars, learned, folder."""
    made = world(
        titles=wanted["titles"], viewers=wanted["viewers"], mean_length=wanted["mean_length"]
    )
    made_mb = peak_mb()
    config = TrainingConfig(
        pool=replace(PoolConfig(), size=wanted["exemplars"]),
        gram=replace(GramConfig(), most=wanted["learned"]),
    )
    started, busy = perf_counter(), process_time()
    model = fit(made.titles, made.histories, version="made", now=NOW, config=config)
    took, busy = perf_counter() - started, process_time() - busy
    if wanted.get("folder"):
        folder = Path(wanted["folder"])
        (folder / "model.bin").write_bytes(to_bytes(model))
        write_asking(made, folder / "asking.csv.gz")
        _write_pairs(made, folder / "pairs.npz")
    return {
        "interactions": made.ratings,
        "viewers": len(made.histories),
        "fit_s": took,
        "busy_s": busy,
        "peak_mb": peak_mb(),
        "world_mb": made_mb,
    }


def write_asking(made: World, path: Path) -> None:
    """The histories of viewers who watched about as much as the limits are stated for."""
    histories = made.histories
    lengths = np.diff(histories.starts)
    nearest = np.argsort(np.abs(lengths - ASKED_LENGTH), kind="stable")[:ASKING]
    write_interactions(
        path,
        (
            (histories.viewer_ids[row], _rated(title_id, state.rated_at, state.rating))
            for row in nearest.tolist()
            for title_id, state in histories.history(row).items()
        ),
    )


def _rated(title_id: str, at: float | None, stars: float | None) -> Signal:
    return Signal(title_id=title_id, kind=SignalKind.RATE, occurred_at=at or NOW, value=stars)


def _write_pairs(made: World, path: Path) -> None:
    histories = made.histories
    np.savez(
        path,
        starts=histories.starts,
        titles=histories.titles,
        ratings=histories.columns["rating"],
        catalogue=len(histories.title_ids),
    )


def peak_mb() -> float:
    """The most that this process had in memory so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
