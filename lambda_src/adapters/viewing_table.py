"""What profiles did with titles, in DynamoDB: one item per profile and title."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from adapters.faults import code_of, translated
from adapters.items import Raw, projection, raw_pages, read_many, read_raw, to_raw, write_many
from adapters.statements import Refusals, execute_many
from adapters.viewing_items import STATE_FIELDS, raw_of, state_of, statement_of, stored_of
from recommender.history import TitleState
from schemas.errors import RetryLaterError, VersionConflictError
from services.ports import StateWrite, StoredState

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Titles of one profile that a request reads: more than a catalogue holds. Only made-up titles
# can be more, and they slow down nobody but who made them up.
MOST_TITLES = 20_000
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
        """All of a profile's states, as last written; of at most ``MOST_TITLES`` titles."""
        pages = self._items(profile_id, only=STATE_FIELDS)
        items = islice(chain.from_iterable(pages), MOST_TITLES)
        return {state.title_id: state for state in map(state_of, items)}

    def get(self, profile_id: str, title_id: str) -> StoredState:
        """One state, as last written."""
        with translated("the table"):
            answer = self.client.get_item(
                TableName=self.table,
                Key=_key(profile_id, title_id),
                ConsistentRead=True,
            )
        if "Item" not in answer:
            return StoredState(TitleState(title_id=title_id), 0)
        return stored_of(answer["Item"])

    def get_many(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], StoredState]:
        """The states of many profiles and titles, as last written."""
        wanted = [_key(profile_id, title_id) for profile_id, title_id in keys]
        found = read_raw(self.client, self.table, wanted, consistent=True)
        return {(raw["profile_id"]["S"], raw["title_id"]["S"]): stored_of(raw) for raw in found}

    def put(self, account_id: str, profile_id: str, state: TitleState, *, version: int) -> None:
        """Stores ``state`` if the item is still at ``version``."""
        # An item written without a version (an import) counts as version 0.
        condition = "#version = :known" if version else "attribute_not_exists(#version)"
        known = {"ExpressionAttributeValues": to_raw({":known": version})} if version else {}
        try:
            with translated("the table"):
                self.client.put_item(
                    TableName=self.table,
                    Item=raw_of(account_id, profile_id, state, version + 1),
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

    def put_many(self, writes: Sequence[StateWrite]) -> Refusals:
        """Stores each if its item is still as it was known, 25 in a round trip."""
        statements, single = {}, []
        for place, write in enumerate(writes):
            # No statement can say "the item, if it has no version": an import wrote it.
            if not write.known.version and write.known.state != TitleState(title_id=_title(write)):
                single.append(place)
            else:
                statements[place] = statement_of(self.table, write)
        refusals = execute_many(self.client, statements)
        for place in single:
            write = writes[place]
            try:
                self.put(write.account_id, write.profile_id, write.state, version=0)
            except VersionConflictError:
                refusals.conflicts.append(place)
            except RetryLaterError:
                refusals.busy.append(place)
        return refusals

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
        for page in self._items(profile_id, only=("profile_id", "title_id")):
            requests = [{"DeleteRequest": {"Key": key}} for key in page]
            write_many(self.client, self.table, requests)

    def scan(self) -> Iterator[tuple[str, TitleState]]:
        """(profile id, state) of everybody, lazily: what training learns from."""
        for page in raw_pages(self.client, "scan", {"TableName": self.table}):
            for raw in page:
                profile_id = raw["profile_id"]["S"]
                if not profile_id.startswith(_GRAVE):
                    yield profile_id, state_of(raw)

    def _items(self, profile_id: str, *, only: Sequence[str]) -> Iterator[list[Raw]]:
        query = {
            "TableName": self.table,
            "KeyConditionExpression": "profile_id = :profile",
            "ExpressionAttributeValues": to_raw({":profile": profile_id}),
            "ConsistentRead": True,
            **projection(only),
        }
        return raw_pages(self.client, "query", query)


def _title(write: StateWrite) -> str:
    return write.state.title_id


def _key(profile_id: str, title_id: str) -> Raw:
    return {"profile_id": {"S": profile_id}, "title_id": {"S": title_id}}
