"""Trending windows in DynamoDB: scores to read, and the one window that publishing writes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from adapters.items import Item, pages, projection, raw_pages, to_raw, write_many
from services.contributions import unstriped
from services.trending import POPULAR_WINDOW

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_READS_AT_ONCE = 8
_SCORED = ("title_id", "score")
_NO_MEASURES = frozenset({"window", "title_id", "expires_at"})


@dataclass(frozen=True)
class TrendingTable:
    """A :class:`services.ports.TrendingStore`. A window is read anew after ``refresh_seconds``."""

    client: DynamoDBClient
    table: str
    refresh_seconds: float = 30.0
    monotonic: Callable[[], float] = time.monotonic
    _kept: dict[str, tuple[float, dict[str, float]]] = field(default_factory=dict)

    def scores(self, window: str) -> dict[str, float]:
        """The scores of a window by title id; none for a window that does not exist."""
        read_at, scores = self._kept.get(window, (float("-inf"), {}))
        now = self.monotonic()
        if now - read_at > self.refresh_seconds:
            scores = self._read(window)
            self._drop_old(now)
            self._kept[window] = (now, scores)
        return scores

    def scores_of(self, windows: Sequence[str]) -> dict[str, dict[str, float]]:
        """As :meth:`scores`; those that must be read are read together."""
        now = self.monotonic()
        old = [
            window
            for window in dict.fromkeys(windows)
            if now - self._kept.get(window, (float("-inf"),))[0] > self.refresh_seconds
        ]
        if old:
            with ThreadPoolExecutor(max_workers=_READS_AT_ONCE) as threads:
                for window, scores in zip(old, threads.map(self._read, old), strict=True):
                    self._kept[window] = (now, scores)
            self._drop_old(now)
        return {window: self._kept[window][1] for window in windows}

    def rows(self, window: str) -> dict[str, dict[str, float]]:
        """The measures of a window's rows; a :class:`services.quality.QualityStore`."""
        return {
            item["title_id"]: {
                name: float(value) for name, value in item.items() if name not in _NO_MEASURES
            }
            for item in self._items(window)
        }

    def replace_popular(self, scores: Mapping[str, float]) -> None:
        """Makes ``scores`` the all-time window; titles that are not in it leave it."""
        gone = [
            {"DeleteRequest": {"Key": to_raw({"window": POPULAR_WINDOW, "title_id": title_id})}}
            for title_id in self._read(POPULAR_WINDOW)
            if title_id not in scores
        ]
        kept: list[dict[str, Any]] = [
            {
                "PutRequest": {
                    "Item": to_raw(
                        {"window": POPULAR_WINDOW, "title_id": title_id, "score": float(score)}
                    )
                }
            }
            for title_id, score in scores.items()
        ]
        write_many(self.client, self.table, [*kept, *gone])

    def _read(self, window: str) -> dict[str, float]:
        scores: dict[str, float] = {}
        for page in raw_pages(self.client, "query", self._query(window, only=_SCORED)):
            for raw in page:  # by hand: a home page may wait for tens of thousands of them
                title_id = unstriped(raw["title_id"]["S"])
                scores[title_id] = scores.get(title_id, 0.0) + float(raw["score"]["N"])
        return scores

    def _items(self, window: str) -> Iterator[Item]:
        for page in pages(self.client, "query", self._query(window)):
            yield from page

    def _query(self, window: str, *, only: Sequence[str] = ()) -> dict[str, Any]:
        request: dict[str, Any] = projection(only) if only else {}
        names = request.get("ExpressionAttributeNames", {})
        return request | {
            "TableName": self.table,
            "KeyConditionExpression": "#window = :window",
            "ExpressionAttributeNames": {**names, "#window": "window"},
            "ExpressionAttributeValues": to_raw({":window": window}),
        }

    def _drop_old(self, now: float) -> None:
        for window, (read_at, _) in list(self._kept.items()):
            if now - read_at > self.refresh_seconds:
                del self._kept[window]
