"""Trending windows in DynamoDB: scores to read, and the one window that publishing writes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from adapters.items import pages, to_raw, write_many
from services.trending import POPULAR_WINDOW

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


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
        request = {
            "TableName": self.table,
            "KeyConditionExpression": "#window = :window",
            "ExpressionAttributeNames": {"#window": "window"},
            "ExpressionAttributeValues": to_raw({":window": window}),
        }
        return {
            item["title_id"]: float(item["score"])
            for page in pages(self.client, "query", request)
            for item in page
        }

    def _drop_old(self, now: float) -> None:
        for window, (read_at, _) in list(self._kept.items()):
            if now - read_at > self.refresh_seconds:
                del self._kept[window]
