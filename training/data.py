"""Read a job's channels: titles, and interactions merged into histories."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from recommender.catalogue import Title
from recommender.errors import NothingToTrainError
from recommender.exchange import read_interactions, read_titles
from recommender.histories import Histories
from training.events import Events


@dataclass(frozen=True)
class TrainingData:
    """``oldest`` and ``newest``: the times of the first and latest event, Unix seconds."""

    titles: tuple[Title, ...]
    histories: Histories
    interactions: int
    oldest: float
    newest: float


def read(titles_folder: Path, interactions_folder: Path) -> TrainingData:
    """Everything in both channels; of a title given twice the last one counts.

    Interactions with titles of no card are left out: a title that is gone can't be served.
    Raises :class:`NothingToTrainError` where a channel holds nothing.
    """
    titles: dict[str, Title] = {}
    for file in _files(titles_folder, "*.jsonl.gz"):
        titles.update((title.title_id, title) for title in read_titles(file))
    events = Events()
    for file in _files(interactions_folder, "*.csv.gz"):
        events.add(read_interactions(file), titles)
    for found, what in ((len(titles), "titles"), (len(events), "interactions with a known title")):
        if not found:
            raise NothingToTrainError(f"there are no {what} to train on")
    in_order = tuple(titles[title_id] for title_id in sorted(titles))
    return TrainingData(in_order, events.histories(), len(events), events.oldest, events.newest)


def _files(folder: Path, pattern: str) -> list[Path]:
    return sorted(folder.rglob(pattern)) if folder.is_dir() else []
