"""Readers of catalogues and ratings from elsewhere, all ending in one :class:`ImportedData`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from recommender.catalogue import Title
from recommender.exchange import write_interactions, write_titles
from recommender.history import Signal, TitleState, merge_all


@dataclass(frozen=True, kw_only=True)
class ImportedData:
    """A catalogue, and what viewers (by id) did with its titles."""

    titles: tuple[Title, ...]
    interactions: tuple[tuple[str, Signal], ...]

    @property
    def histories(self) -> dict[str, dict[str, TitleState]]:
        """What each viewer's signals come to, by viewer id, then title id."""
        signals: dict[str, list[Signal]] = {}
        for viewer_id, signal in self.interactions:
            signals.setdefault(viewer_id, []).append(signal)
        return {viewer_id: merge_all({}, given) for viewer_id, given in signals.items()}

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Write both exchange files into ``folder``; returns (titles, interactions) paths."""
        folder.mkdir(parents=True, exist_ok=True)
        titles = folder / "titles.jsonl.gz"
        interactions = folder / "interactions.csv.gz"
        write_titles(titles, self.titles)
        write_interactions(interactions, self.interactions)
        return titles, interactions
