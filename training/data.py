"""Read a job's channels: titles, and interactions merged into histories."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from recommender.catalogue import Title
from recommender.errors import NothingToTrainError
from recommender.exchange import read_interactions, read_titles
from recommender.history import TitleState, merge


@dataclass(frozen=True)
class TrainingData:
    """``histories`` by viewer id and title id; ``newest``: the latest event, Unix seconds."""

    titles: tuple[Title, ...]
    histories: dict[str, dict[str, TitleState]]
    interactions: int
    newest: float


def read(titles_folder: Path, interactions_folder: Path) -> TrainingData:
    """Everything in both channels; of a title given twice the last one counts.

    Interactions with titles of no card are left out: a title that is gone can't be served.
    Raises :class:`NothingToTrainError` where a channel holds nothing.
    """
    titles: dict[str, Title] = {}
    for file in _files(titles_folder, "*.jsonl.gz"):
        titles.update((title.title_id, title) for title in read_titles(file))
    histories: dict[str, dict[str, TitleState]] = {}
    count, newest = 0, 0.0
    for file in _files(interactions_folder, "*.csv.gz"):
        for viewer_id, signal in read_interactions(file):
            if signal.title_id in titles:
                states = histories.setdefault(viewer_id, {})
                state = states.get(signal.title_id) or TitleState(title_id=signal.title_id)
                states[signal.title_id] = merge(state, signal)
                newest = max(newest, signal.occurred_at)
                count += 1
    for found, what in ((len(titles), "titles"), (count, "interactions with a known title")):
        if not found:
            raise NothingToTrainError(f"there are no {what} to train on")
    in_order = tuple(titles[title_id] for title_id in sorted(titles))
    return TrainingData(in_order, histories, count, newest)


def _files(folder: Path, pattern: str) -> list[Path]:
    return sorted(folder.rglob(pattern)) if folder.is_dir() else []
