"""The whole catalogue in memory for a minute: for what has no index to ask.

Without a model that is search, similar titles and the end of a long list; with one it is the
titles that came after it was trained.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import islice

from schemas.catalogue import TitleRecord
from services.ports import TitleStore

# The table holds tens of thousands of titles; a scan reads so many of them at most.
MOST_TITLES_READ = 20_000
_EVERYTHING = ""


@dataclass(frozen=True)
class Shelf:
    """Scans at most every ``refresh_seconds``; to be shared by all requests of a function."""

    titles: TitleStore
    refresh_seconds: float = 60.0
    most: int = MOST_TITLES_READ
    _kept: dict[str, tuple[float, tuple[TitleRecord, ...]]] = field(default_factory=dict)

    def everything(self, now: float) -> tuple[TitleRecord, ...]:
        """All titles, in the table's order."""
        return self._scanned(_EVERYTHING, (), now)

    def beyond(self, version: str, known: Collection[str], now: float) -> tuple[TitleRecord, ...]:
        """The titles that are not ``known`` to the model ``version``."""
        return self._scanned(version, known, now)

    def _scanned(self, name: str, known: Collection[str], now: float) -> tuple[TitleRecord, ...]:
        read_at, records = self._kept.get(name, (float("-inf"), ()))
        if not 0 <= now - read_at < self.refresh_seconds:
            scanned = islice(self.titles.scan(), self.most)
            records = tuple(record for record in scanned if record.title.title_id not in known)
            self._drop_old(now)
            self._kept[name] = (now, records)
        return records

    def _drop_old(self, now: float) -> None:
        # A catalogue that nobody asks for any more is not held in memory.
        for name, (read_at, _) in list(self._kept.items()):
            if now - read_at >= self.refresh_seconds:
                del self._kept[name]
