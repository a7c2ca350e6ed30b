"""Profiles in DynamoDB: one item each below their account, and one that guards their number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from adapters.faults import code_of, translated
from adapters.items import Item, from_raw, pages, read_raw, to_raw
from schemas.errors import NotFoundError, VersionConflictError
from schemas.profiles import Profile
from services.ports import AccountProfiles

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

# No profile id can be this: "#" is not in their pattern.
_GUARD = "#account"


@dataclass(frozen=True)
class ProfilesTable:
    """A :class:`services.ports.ProfileStore`."""

    client: DynamoDBClient
    table: str

    def of_account(self, account_id: str) -> AccountProfiles:
        """The account's profiles, and the revision that adding one must know."""
        profiles, revision = [], 0
        query = {
            "TableName": self.table,
            "KeyConditionExpression": "account_id = :account",
            "ExpressionAttributeValues": to_raw({":account": account_id}),
            "ConsistentRead": True,
        }
        for page in pages(self.client, "query", query):
            for item in page:
                if item["profile_id"] == _GUARD:
                    revision = item["revision"]
                else:
                    profiles.append(_profile(item))
        profiles.sort(key=lambda profile: (profile.created_at, profile.profile_id))
        return AccountProfiles(profiles, revision)

    def get(self, account_id: str, profile_id: str) -> Profile:
        """The account's own profile, as last written."""
        with translated("the table"):
            answer = self.client.get_item(
                TableName=self.table,
                Key=to_raw({"account_id": account_id, "profile_id": profile_id}),
                ConsistentRead=True,
            )
        if "Item" not in answer:
            raise NotFoundError.of("profile_id", profile_id)
        return _profile(from_raw(answer["Item"]))

    def existing(
        self, pairs: Iterable[tuple[str, str]], *, at_once: bool = False
    ) -> frozenset[tuple[str, str]]:
        """Those of the pairs that are profiles.

        Asked at half the price first, and again with certainty for those that a replica of the
        item did not know yet; ``at_once`` with certainty.
        """
        asked = frozenset(pairs)
        found = frozenset() if at_once else self._found(asked, consistent=False)
        return found | self._found(asked - found, consistent=True)

    def _found(self, pairs: Iterable[tuple[str, str]], *, consistent: bool) -> frozenset[Any]:
        keys = [{"account_id": {"S": a}, "profile_id": {"S": p}} for a, p in sorted(pairs)]
        only = ("account_id", "profile_id")
        items = read_raw(self.client, self.table, keys, consistent=consistent, only=only)
        return frozenset((item["account_id"]["S"], item["profile_id"]["S"]) for item in items)

    def add(self, account_id: str, profile: Profile, *, revision: int) -> None:
        """Adds a profile if nobody else added one since ``revision`` was read."""
        item = {"account_id": account_id, **profile.model_dump()}
        put: TransactWriteItemTypeDef = {
            "Put": {
                "TableName": self.table,
                "Item": to_raw(item),
                "ConditionExpression": "attribute_not_exists(profile_id)",
            }
        }
        guard: TransactWriteItemTypeDef = {
            "Update": {
                "TableName": self.table,
                "Key": to_raw({"account_id": account_id, "profile_id": _GUARD}),
                "UpdateExpression": "SET revision = :next",
                "ConditionExpression": "revision = :known"
                if revision
                else "attribute_not_exists(revision)",
                "ExpressionAttributeValues": to_raw(
                    {":next": revision + 1} | ({":known": revision} if revision else {})
                ),
            }
        }
        try:
            with translated("the table"):
                self.client.transact_write_items(TransactItems=[put, guard])
        except ClientError as error:
            if code_of(error) in {"TransactionCanceledException", "TransactionConflictException"}:
                raise VersionConflictError("the account's profiles changed meanwhile") from error
            raise

    def change(self, account_id: str, profile_id: str, changes: Mapping[str, object]) -> Profile:
        """Sets the fields of ``changes``; ``None`` removes one."""
        try:
            with translated("the table"):
                answer = self.client.update_item(
                    TableName=self.table,
                    Key=to_raw({"account_id": account_id, "profile_id": profile_id}),
                    ConditionExpression="attribute_exists(profile_id)",
                    ReturnValues="ALL_NEW",
                    **_update(changes),
                )
        except ClientError as error:
            if code_of(error) == "ConditionalCheckFailedException":
                raise NotFoundError.of("profile_id", profile_id) from error
            raise
        return _profile(from_raw(answer["Attributes"]))

    def remove(self, account_id: str, profile_id: str) -> None:
        """Removes a profile; with the account's last one, all that is known of the account."""
        self._delete(account_id, profile_id)
        if not self.of_account(account_id).profiles:
            self._delete(account_id, _GUARD)

    def _delete(self, account_id: str, profile_id: str) -> None:
        with translated("the table"):
            self.client.delete_item(
                TableName=self.table,
                Key=to_raw({"account_id": account_id, "profile_id": profile_id}),
            )


def _update(changes: Mapping[str, object]) -> Any:  # noqa: ANN401 - arguments of update_item
    fields = list(enumerate(changes.items()))
    sets = [f"#{place} = :{place}" for place, (_, value) in fields if value is not None]
    removes = [f"#{place}" for place, (_, value) in fields if value is None]
    clauses = []
    if sets:
        clauses.append(f"SET {', '.join(sets)}")
    if removes:
        clauses.append(f"REMOVE {', '.join(removes)}")
    update: dict[str, Any] = {
        "UpdateExpression": " ".join(clauses),
        "ExpressionAttributeNames": {f"#{place}": name for place, (name, _) in fields},
    }
    if sets:
        values = {f":{place}": value for place, (_, value) in fields}
        update["ExpressionAttributeValues"] = to_raw(values)
    return update


def _profile(item: Item) -> Profile:
    return Profile(**{name: item[name] for name in Profile.model_fields if name in item})
