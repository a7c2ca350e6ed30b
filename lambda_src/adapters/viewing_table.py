"""What profiles did with titles, in DynamoDB: one item per profile and title."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from adapters.faults import code_of, translated
from adapters.items import Item, from_raw, pages, read_many, to_raw, write_many
from recommender.history import TitleState
from schemas.errors import VersionConflictError
from services.ports import StoredState

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_FIELDS = frozenset(field.name for field in fields(TitleState))
# Under another key than the profile's own, so that a deleted profile's items are none at all.
# It carries a random id and goes by itself, once no record of the profile can be on the stream.
_GRAVE = "deleted#"
_GRAVE_TITLE = "-"
_GRAVE_SECONDS = 8 * 24 * 3600


@dataclass(frozen=True)
class ViewingTable:
    """A :class:`services.ports.ViewingStore`."""

    client: DynamoDBClient
    table: str

    def history(self, profile_id: str) -> dict[str, TitleState]:
        """All of a profile's states, as last written."""
        states = [_state(item) for page in self._items(profile_id) for item in page]
        return {state.title_id: state for state in states}

    def get(self, profile_id: str, title_id: str) -> StoredState:
        """One state, as last written."""
        with translated("the table"):
            answer = self.client.get_item(
                TableName=self.table,
                Key=to_raw({"profile_id": profile_id, "title_id": title_id}),
                ConsistentRead=True,
            )
        if "Item" not in answer:
            return StoredState(TitleState(title_id=title_id), 0)
        return _stored(from_raw(answer["Item"]))

    def get_many(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], StoredState]:
        """The states of many profiles and titles, as last written."""
        wanted = [{"profile_id": profile, "title_id": title} for profile, title in keys]
        found = read_many(self.client, self.table, wanted, consistent=True)
        return {(item["profile_id"], item["title_id"]): _stored(item) for item in found}

    def put(self, account_id: str, profile_id: str, state: TitleState, *, version: int) -> None:
        """Stores ``state`` if the item is still at ``version``."""
        item = {
            **asdict(state),
            "account_id": account_id,
            "profile_id": profile_id,
            "version": version + 1,
        }
        # An item written without a version (an import) counts as version 0.
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
            if code_of(error) in {
                "ConditionalCheckFailedException",
                "TransactionConflictException",
            }:
                raise VersionConflictError("the title's state changed meanwhile") from error
            raise

    def forgotten(self, profile_ids: Iterable[str]) -> frozenset[str]:
        """Which of the profiles were deleted lately."""
        graves = [
            {"profile_id": _GRAVE + profile_id, "title_id": _GRAVE_TITLE}
            for profile_id in profile_ids
        ]
        found = read_many(self.client, self.table, graves, consistent=True)
        return frozenset(item["profile_id"].removeprefix(_GRAVE) for item in found)

    def forget(self, profile_id: str, *, now: float) -> None:
        """Removes all of a profile's states, a page at a time."""
        grave = {
            "profile_id": _GRAVE + profile_id,
            "title_id": _GRAVE_TITLE,
            "expires_at": int(now) + _GRAVE_SECONDS,
        }
        with translated("the table"):
            self.client.put_item(TableName=self.table, Item=to_raw(grave))
        for page in self._items(profile_id):
            keys = [{name: item[name] for name in ("profile_id", "title_id")} for item in page]
            requests = [{"DeleteRequest": {"Key": to_raw(key)}} for key in keys]
            write_many(self.client, self.table, requests)

    def scan(self) -> Iterator[tuple[str, TitleState]]:
        """(profile id, state) of everybody, lazily: what training learns from."""
        for page in pages(self.client, "scan", {"TableName": self.table}):
            for item in page:
                if not item["profile_id"].startswith(_GRAVE):
                    yield item["profile_id"], _state(item)

    def _items(self, profile_id: str) -> Iterator[list[Item]]:
        query = {
            "TableName": self.table,
            "KeyConditionExpression": "profile_id = :profile",
            "ExpressionAttributeValues": to_raw({":profile": profile_id}),
            "ConsistentRead": True,
        }
        return pages(self.client, "query", query)


def _state(item: Item) -> TitleState:
    return TitleState(**{name: value for name, value in item.items() if name in _FIELDS})


def _stored(item: Item) -> StoredState:
    return StoredState(_state(item), item.get("version", 0))
