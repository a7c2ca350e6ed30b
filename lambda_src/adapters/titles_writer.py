"""Changes of the titles table: a delivery, and a retirement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from adapters.faults import code_of, translated
from adapters.items import Item, from_raw, to_raw
from schemas.errors import PackageGoneError
from services.title_listing import SupersededError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Seconds, both. What was delivered before the title was retired is retired with it.
_NOT_LATER = (
    "(attribute_not_exists(delivered_at) OR delivered_at <= :delivered_at) "
    "AND (attribute_not_exists(retired_at) OR retired_at < :delivered_at)"
)


@dataclass(frozen=True)
class TitlesWriter:
    """A :class:`services.title_listing.TitleShelf`."""

    client: DynamoDBClient
    table: str

    def put_delivery(
        self, item: dict[str, Any], *, delivered_at: float, only_if_listed: bool
    ) -> None:
        """One write: what the delivery doesn't say is removed, what others keep (popularity) stays.

        With ``only_if_listed`` the item must have this manifest already.
        """
        fields = {name: value for name, value in item.items() if name != "title_id"}
        known = {name: value for name, value in fields.items() if value not in (None, "", [], {})}
        gone = [*(name for name in fields if name not in known), "retired_at"]
        names = {f"#{place}": name for place, name in enumerate([*known, *gone])}
        places = {name: place for place, name in names.items()}
        sets = ", ".join(f"{places[name]} = :{places[name][1:]}" for name in known)
        values = {f":{places[name][1:]}": value for name, value in known.items()}
        place = places["manifest"]
        listed = f" AND {place} = :{place[1:]}" if only_if_listed else ""
        try:
            with translated("the table"):
                self.client.update_item(
                    TableName=self.table,
                    Key=to_raw({"title_id": item["title_id"]}),
                    UpdateExpression=f"SET {sets}, delivered_at = :delivered_at "
                    f"REMOVE {', '.join(places[name] for name in gone)}",
                    ConditionExpression=_NOT_LATER + listed,
                    ExpressionAttributeNames=names,
                    ExpressionAttributeValues=to_raw({**values, ":delivered_at": delivered_at}),
                )
        except ClientError as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise
            if only_if_listed and not self._is_later(item["title_id"], delivered_at):
                raise PackageGoneError.of(item["title_id"]) from error
            raise SupersededError from error

    def manifest(self, title_id: str) -> str | None:
        """A consistent read."""
        return self._item(title_id).get("manifest")

    def retire(self, title_id: str, *, now: float) -> bool:
        """Ends a title's window now and takes its manifest away; whether there was such a title."""
        try:
            with translated("the table"):
                self.client.update_item(
                    TableName=self.table,
                    Key=to_raw({"title_id": title_id}),
                    # Its terms would open it again in their countries.
                    UpdateExpression="SET available_until = :now, retired_at = :now "
                    "REMOVE manifest, terms",
                    ConditionExpression="attribute_exists(title_id)",
                    ExpressionAttributeValues=to_raw({":now": now}),
                )
        except ClientError as error:
            if code_of(error) == "ConditionalCheckFailedException":
                return False
            raise
        return True

    def _is_later(self, title_id: str, delivered_at: float) -> bool:
        item = self._item(title_id)
        listed_at, retired_at = item.get("delivered_at", 0), item.get("retired_at", 0)
        return bool(listed_at > delivered_at or retired_at >= delivered_at)

    def _item(self, title_id: str) -> Item:
        with translated("the table"):
            answer = self.client.get_item(
                TableName=self.table, Key=to_raw({"title_id": title_id}), ConsistentRead=True
            )
        return from_raw(answer.get("Item", {}))
