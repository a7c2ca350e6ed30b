"""Counting into windows: markers and rows in one transaction, so once each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from adapters.faults import back_off, code_of, translated
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
        pending, attempt = list(contributions), 0
        while pending and attempt < _ATTEMPTS:
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
                    attempt += 1
                elif len(fresh) == len(pending):
                    raise  # nothing that another try could change
                pending = fresh
            else:
                return pending
        if pending:
            raise ThrottledError("the windows' counters are busy; try again")
        return []

    def _actions(self, contributions: Sequence[Contribution]) -> list[Any]:
        # The markers first: the reasons of a cancelled transaction come in this order.
        return [
            *(self._marker(each) for each in contributions),
            *(self._counter(row, measures) for row, measures in totals(contributions).items()),
        ]

    def _marker(self, each: Contribution) -> dict[str, Any]:
        expires_at = {"N": str(each.marker_expires_at)}
        return {
            "Put": {
                "TableName": self.table,
                "Item": {**_key(each.marker, "-"), "expires_at": expires_at},
                "ConditionExpression": "attribute_not_exists(title_id)",
            }
        }

    def _counter(self, row: Row, measures: Mapping[str, float]) -> dict[str, Any]:
        window, name, expires_at = row
        added = list(measures.items())
        sums = ", ".join(f"#m{place} :m{place}" for place in range(len(added)))
        values = {f":m{place}": {"N": repr(value)} for place, (_, value) in enumerate(added)}
        return {
            "Update": {
                "TableName": self.table,
                "Key": _key(window, name),
                "UpdateExpression": f"ADD {sums} SET expires_at = :expires_at",
                "ExpressionAttributeNames": {
                    f"#m{place}": measure for place, (measure, _) in enumerate(added)
                },
                "ExpressionAttributeValues": {**values, ":expires_at": {"N": str(expires_at)}},
            }
        }


# Written out by hand and not by boto3's serializer: this runs for every event that counts.
def _key(window: str, name: str) -> dict[str, Any]:
    return {"window": {"S": window}, "title_id": {"S": name}}
