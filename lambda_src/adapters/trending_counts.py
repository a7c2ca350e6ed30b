"""Counting into windows: markers and rows in one transaction, so once each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from adapters.faults import back_off, code_of, translated
from adapters.items import to_raw
from schemas.errors import ThrottledError
from services.contributions import Contribution, Row, totals

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ATTEMPTS = 8
_KNOWN = "ConditionalCheckFailed"
_PASSING = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})


@dataclass(frozen=True)
class TrendingCountsTable:
    """A :class:`services.contributions.WindowCounts`."""

    client: DynamoDBClient
    table: str

    def add(self, contributions: Sequence[Contribution]) -> Sequence[Contribution]:
        """Counts those that were not counted before; :class:`ThrottledError` after all tries."""
        pending = list(contributions)
        for attempt in range(_ATTEMPTS):
            if not pending:
                return []
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
                return pending
        raise ThrottledError("the windows' counters are busy; try again")

    def _actions(self, contributions: Sequence[Contribution]) -> list[Any]:
        # The markers first: the reasons of a cancelled transaction come in this order.
        return [
            *(self._marker(each) for each in contributions),
            *(self._counter(row, measures) for row, measures in totals(contributions).items()),
        ]

    def _marker(self, each: Contribution) -> dict[str, Any]:
        item = {"window": each.marker, "title_id": "-", "expires_at": each.marker_expires_at}
        return {
            "Put": {
                "TableName": self.table,
                "Item": to_raw(item),
                "ConditionExpression": "attribute_not_exists(title_id)",
            }
        }

    def _counter(self, row: Row, measures: Mapping[str, float]) -> dict[str, Any]:
        window, name, expires_at = row
        added = list(measures.items())
        sums = ", ".join(f"#m{place} :m{place}" for place in range(len(added)))
        values = {f":m{place}": value for place, (_, value) in enumerate(added)}
        return {
            "Update": {
                "TableName": self.table,
                "Key": to_raw({"window": window, "title_id": name}),
                "UpdateExpression": f"ADD {sums} SET expires_at = :expires_at",
                "ExpressionAttributeNames": {
                    f"#m{place}": measure for place, (measure, _) in enumerate(added)
                },
                "ExpressionAttributeValues": to_raw({**values, ":expires_at": expires_at}),
            }
        }
