"""Changes of the titles table: a delivery, and a retirement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from adapters.faults import code_of, translated
from adapters.items import from_raw, to_raw
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

    def put_delivery(self, item: dict[str, Any], *, delivered_at: float) -> str | None:
        """One write: what the delivery doesn't say is removed, what others keep (popularity) stays.

        The manifest that the title had before, if any.
        """
        fields = {name: value for name, value in item.items() if name != "title_id"}
        known = {name: value for name, value in fields.items() if value not in (None, "", [], {})}
        gone = [*(name for name in fields if name not in known), "retired_at"]
        names = {f"#{place}": name for place, name in enumerate([*known, *gone])}
        places = {name: place for place, name in names.items()}
        sets = ", ".join(f"{places[name]} = :{places[name][1:]}" for name in known)
        values = {f":{places[name][1:]}": value for name, value in known.items()}
        try:
            with translated("the table"):
                answer = self.client.update_item(
                    TableName=self.table,
                    Key=to_raw({"title_id": item["title_id"]}),
                    UpdateExpression=f"SET {sets}, delivered_at = :delivered_at "
                    f"REMOVE {', '.join(places[name] for name in gone)}",
                    ConditionExpression=_NOT_LATER,
                    ExpressionAttributeNames=names,
                    ExpressionAttributeValues=to_raw({**values, ":delivered_at": delivered_at}),
                    ReturnValues="ALL_OLD",
                )
        except ClientError as error:
            if code_of(error) == "ConditionalCheckFailedException":
                raise SupersededError from error
            raise
        return from_raw(answer.get("Attributes", {})).get("manifest")

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
