"""Counting into trending windows: markers and counters in one transaction, so once each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from adapters.faults import back_off, code_of, translated
from adapters.items import to_raw
from schemas.errors import ThrottledError
from services.trending_counts import Count

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ATTEMPTS = 8
_KNOWN = "ConditionalCheckFailed"
_PASSING = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})


@dataclass(frozen=True)
class TrendingCountsTable:
    """A :class:`services.trending_counts.TrendingCounts`."""

    client: DynamoDBClient
    table: str

    def add(self, counts: Sequence[Count]) -> int:
        """Counts those that were not counted before; :class:`ThrottledError` after all tries."""
        pending = list(counts)
        for attempt in range(_ATTEMPTS):
            if not pending:
                return 0
            try:
                with translated("the table"):
                    self.client.transact_write_items(TransactItems=self._actions(pending))
            except ClientError as error:
                if code_of(error) != "TransactionCanceledException":
                    raise
                reasons = [reason["Code"] for reason in error.response["CancellationReasons"]]
                fresh = [c for c, why in zip(pending, reasons, strict=False) if why != _KNOWN]
                if _PASSING.intersection(reasons):
                    back_off(attempt)
                elif len(fresh) == len(pending):
                    raise  # nothing that another try could change
                pending = fresh
            else:
                return len(pending)
        raise ThrottledError("the trending counters are busy; try again")

    def _actions(self, counts: Sequence[Count]) -> list[Any]:
        # The markers first: the reasons of a cancelled transaction come in this order.
        totals: dict[tuple[str, str, int], float] = defaultdict(float)
        for count in counts:
            totals[count.window, count.title_id, count.window_expires_at] += count.score
        return [
            *(self._marker(count) for count in counts),
            *(self._counter(*key, score) for key, score in totals.items()),
        ]

    def _marker(self, count: Count) -> dict[str, Any]:
        item = {"window": count.marker, "title_id": "-", "expires_at": count.marker_expires_at}
        return {
            "Put": {
                "TableName": self.table,
                "Item": to_raw(item),
                "ConditionExpression": "attribute_not_exists(title_id)",
            }
        }

    def _counter(self, window: str, title_id: str, expires_at: int, score: float) -> dict[str, Any]:
        return {
            "Update": {
                "TableName": self.table,
                "Key": to_raw({"window": window, "title_id": title_id}),
                "UpdateExpression": "ADD #score :score SET expires_at = :expires_at",
                "ExpressionAttributeNames": {"#score": "score"},
                "ExpressionAttributeValues": to_raw({":score": score, ":expires_at": expires_at}),
            }
        }
