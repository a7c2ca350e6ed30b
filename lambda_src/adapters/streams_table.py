"""An account's open streams in DynamoDB: one item, written whole and only over what was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from adapters.faults import code_of, translated
from adapters.items import from_raw, to_raw
from schemas.errors import VersionConflictError
from services.streams import AccountLeases, Lease

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class StreamsTable:
    """A :class:`services.streams.LeaseStore`."""

    client: DynamoDBClient
    table: str

    def of_account(self, account_id: str) -> AccountLeases:
        """The account's leases, as last written; those that ended may be among them."""
        with translated("the table"):
            answer = self.client.get_item(
                TableName=self.table, Key=to_raw({"account_id": account_id}), ConsistentRead=True
            )
        if "Item" not in answer:
            return AccountLeases({}, 0)
        item = from_raw(answer["Item"])
        leases = {
            stream_id: Lease(profile_id, title_id, expires_at)
            for stream_id, profile_id, title_id, expires_at in item["streams"]
        }
        return AccountLeases(leases, item["version"])

    def put(
        self, account_id: str, leases: Mapping[str, Lease], *, version: int, keep_until: int
    ) -> None:
        """Stores the leases if nobody else did since ``version`` was read."""
        item = {
            "account_id": account_id,
            "streams": [
                [stream_id, lease.profile_id, lease.title_id, lease.expires_at]
                for stream_id, lease in leases.items()
            ],
            "version": version + 1,
            "expires_at": keep_until,
        }
        condition = "#version = :known" if version else "attribute_not_exists(#version)"
        known = {"ExpressionAttributeValues": to_raw({":known": version})} if version else {}
        try:
            with translated("the table"):
                self.client.put_item(
                    TableName=self.table,
                    Item=to_raw(item),
                    ConditionExpression=condition,
                    ExpressionAttributeNames={"#version": "version"},
                    **known,  # type: ignore[arg-type]
                )
        except ClientError as error:
            if code_of(error) == "ConditionalCheckFailedException":
                raise VersionConflictError("the account's streams changed meanwhile") from error
            raise
