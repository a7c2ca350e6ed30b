"""One process that serves: load an artifact, answer viewers, and tell what each step took.

Run by ``benchmarks.serving`` in a process of its own, so that its memory is that of a handler:
numpy, the standard library and the model. Prints one JSON object.
"""

from __future__ import annotations

import json
import mmap
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np

from recommender.artifact import from_bytes
from recommender.blend import comparable
from recommender.catalogue import Viewer
from recommender.exchange import read_interactions
from recommender.history import TitleState, merge
from recommender.interactions import FoldedHistory, fold
from recommender.model import Model
from recommender.ranker import best, diversify
from recommender.reasons import Explainer
from recommender.scoring import score

LIMIT = 60
VIEWER = Viewer(country="DE", maturity_ceiling=16)
History = dict[str, TitleState]


def main(artifact: Path, viewers: Path, now: float) -> dict[str, Any]:
    """What loading and serving took: milliseconds, MB."""
    before = resident_mb()
    started = perf_counter()
    with artifact.open("rb") as file:
        model = from_bytes(memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)))
    loaded = perf_counter() - started
    histories = read(viewers)
    first = timed(lambda: ask(model, histories[0], now))
    for history in histories[: len(histories) // 4]:
        ask(model, history, now)
    took, busy = [], []
    for history in histories * 3:
        began = process_time()
        took.append(timed(lambda history=history: ask(model, history, now)))
        busy.append(process_time() - began)
    return {
        "bytes": artifact.stat().st_size,
        "load_ms": 1e3 * loaded,
        "first_ms": 1e3 * first,
        "resident_mb": resident_mb(),
        "before_mb": before,
        "p50_ms": 1e3 * float(np.percentile(took, 50)),
        "p99_ms": 1e3 * float(np.percentile(took, 99)),
        "busy_p50_ms": 1e3 * float(np.percentile(busy, 50)),
        "busy_p99_ms": 1e3 * float(np.percentile(busy, 99)),
        "titles": len(model.index),
        "exemplars": model.scorers.collaborative.habits.height,
        "watched": float(np.mean([len(history) for history in histories])),
        "steps_ms": steps(model, histories, now),
    }


def ask(model: Model, history: History, now: float) -> None:
    """One request, as the handler makes it."""
    picks = model.recommend(history, VIEWER, limit=LIMIT, now=now)
    if len(picks) != LIMIT or not all(pick.reason.text for pick in picks):
        raise RuntimeError(f"{len(picks)} titles where {LIMIT} with reasons were asked for")


def steps(model: Model, histories: list[History], now: float) -> dict[str, float]:
    """The median milliseconds of each step of a request, each on its own."""
    every = [_steps_of(model, history, now) for history in histories]
    return {name: 1e3 * float(np.median([one[name] for one in every])) for name in every[0]}


def _steps_of(model: Model, history: History, now: float) -> dict[str, float]:
    scorers, index = model.scorers, model.index
    folded = fold(history, index.numbers, now)
    playable = index.playable(VIEWER, now)
    allowed = index.suggestible(history, playable)
    scores = score(scorers, index, folded, allowed, trending={}, favourite_genres=())
    raw = scorers.raw(folded)
    of_allowed = allowed.astype(np.float32)
    candidates = best(scores.total, allowed, 2 * LIMIT)
    cosines = scorers.content.cosines(candidates)
    places, _ = diversify(scores.total[candidates], cosines, LIMIT, model.ranker.diversity)
    picks = candidates[places]
    work: dict[str, Callable[[], object]] = {
        "fold in the history": lambda: fold(history, index.numbers, now),
        "filter": lambda: index.suggestible(history, index.playable(VIEWER, now)),
        **{name: (lambda name=name: getattr(scorers, name)(_fresh(folded))) for name in raw},
        "one scale": lambda: [comparable(part, of_allowed) for part in raw.values()],
        "best 120": lambda: best(scores.total, allowed, 2 * LIMIT),
        "likeness of 120": lambda: scorers.content.cosines(candidates),
        "diversity": lambda: diversify(
            scores.total[candidates], cosines, LIMIT, model.ranker.diversity
        ),
        "reasons": lambda: Explainer(scorers, index, history, folded, playable).explain(
            picks, scores
        ),
    }
    return {name: timed(step) for name, step in work.items()}


def _fresh(folded: FoldedHistory) -> FoldedHistory:
    """The same history, of which no scorer has worked out anything yet."""
    return FoldedHistory(folded.titles, folded.preferences)


def timed(work: Callable[[], object]) -> float:
    """Seconds that ``work`` takes."""
    started = perf_counter()
    work()
    return perf_counter() - started


def read(path: Path) -> list[History]:
    """The histories of an interactions file."""
    histories: dict[str, History] = {}
    for viewer, signal in read_interactions(path):
        states = histories.setdefault(viewer, {})
        title_id = signal.title_id
        states[title_id] = merge(states.get(title_id) or TitleState(title_id=title_id), signal)
    return list(histories.values())


def resident_mb() -> float:
    """What of this process is in memory now, pages of the mapped artifact included."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * mmap.PAGESIZE / 1e6


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]))))
