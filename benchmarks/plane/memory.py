"""DynamoDB and S3 in memory, for what the consumers ask of them.

The clients take the requests that boto3's take and answer as AWS documents. moto, which the
adapters are tested with otherwise, knows no conditional PartiQL, and takes a millisecond a call.
``tests/integration/conformance`` holds these answers against the emulator's.
"""

from __future__ import annotations

import re
import threading
from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

from botocore.exceptions import ClientError

Raw = dict[str, Any]
_INSERT = re.compile(r'INSERT INTO "(?P<table>[^"]+)" VALUE \{(?P<names>.+)\}$')
_UPDATE = re.compile(r'UPDATE "(?P<table>[^"]+)" (?P<changes>.+) WHERE (?P<where>.+)$')
_READS_AT_ONCE, _STATEMENTS_AT_ONCE, _ACTIONS_AT_ONCE = 100, 25, 100


def refused(code: str, status: int = 400) -> ClientError:
    """The error of a call."""
    answer: Any = {
        "Error": {"Code": code, "Message": code},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(answer, "Operation")


def cancelled(*codes: str) -> ClientError:
    """The error of a transaction, with the reason of each of its actions."""
    error = refused("TransactionCanceledException")
    error.response["CancellationReasons"] = [{"Code": code} for code in codes]  # type: ignore[typeddict-unknown-key]
    return error


class MemoryDynamo:
    """Tables of items by key; ``calls`` counts what was asked by operation."""

    def __init__(self, **keys: tuple[str, str]) -> None:
        """``keys`` are the tables' names and their keys' attributes."""
        self.keys = keys
        self.tables: dict[str, dict[tuple[str, ...], Raw]] = defaultdict(dict)
        self.calls: Counter[str] = Counter()
        self._lock = threading.Lock()

    def key_of(self, table: str, item: Raw) -> tuple[str, ...]:
        """An item's key."""
        return tuple(item[name]["S"] for name in self.keys[table])

    def get_item(self, **request: Any) -> Raw:
        """As boto3's, without projections."""
        with self._counted("get_item"):
            table = request["TableName"]
            item = self.tables[table].get(self.key_of(table, request["Key"]))
            return {"Item": dict(item)} if item else {}

    def put_item(self, **request: Any) -> Raw:
        """As boto3's; of conditions it knows those of the viewing table's versions."""
        with self._counted("put_item"):
            table, item = request["TableName"], request["Item"]
            known = self.tables[table].get(self.key_of(table, item), {})
            wanted = request.get("ExpressionAttributeValues", {}).get(":known")
            if "ConditionExpression" in request and known.get("version") != wanted:
                raise refused("ConditionalCheckFailedException")
            self.tables[table][self.key_of(table, item)] = dict(item)
            return {}

    def batch_get_item(self, **request: Any) -> Raw:
        """As boto3's, for one table."""
        with self._counted("batch_get_item"):
            ((table, asked),) = request["RequestItems"].items()
            keys = [self.key_of(table, key) for key in asked["Keys"]]
            if not 0 < len(keys) <= _READS_AT_ONCE or len(set(keys)) < len(keys):
                raise refused("ValidationException")
            found = [dict(item) for key in keys if (item := self.tables[table].get(key))]
            return {"Responses": {table: found}, "UnprocessedKeys": {}}

    def query(self, **request: Any) -> Raw:
        """All items of a partition, by sort key, in one page."""
        with self._counted("query"):
            table, values = request["TableName"], request["ExpressionAttributeValues"]
            (partition,) = (value["S"] for value in values.values())
            found = [i for k, i in sorted(self.tables[table].items()) if k[0] == partition]
            return {"Items": [dict(item) for item in found]}

    def batch_write_item(self, **request: Any) -> Raw:
        """As boto3's, for deletions from one table."""
        with self._counted("batch_write_item"):
            ((table, asked),) = request["RequestItems"].items()
            for one in asked:
                self.tables[table].pop(self.key_of(table, one["DeleteRequest"]["Key"]), None)
            return {"UnprocessedItems": {}}

    def batch_execute_statement(self, **request: Any) -> Raw:
        """As boto3's, for the statements of :mod:`adapters.viewing_items`."""
        with self._counted("batch_execute_statement"):
            statements = request["Statements"]
            if not 0 < len(statements) <= _STATEMENTS_AT_ONCE:
                raise refused("ValidationException")
            return {"Responses": [self._execute(**one) for one in statements]}

    def _execute(self, Statement: str, Parameters: list[Raw]) -> Raw:  # noqa: N803 - boto3's
        insert, update = _INSERT.match(Statement), _UPDATE.match(Statement)
        if insert:
            names = re.findall(r"'(\w+)': \?", insert["names"])
            item = dict(zip(names, Parameters, strict=True))
            key = self.key_of(insert["table"], item)
            if key in self.tables[insert["table"]]:
                return _error("DuplicateItem")
            self.tables[insert["table"]][key] = item
            return {"TableName": insert["table"]}
        if update is None:
            return _error("ValidationError")
        sets = re.findall(r'SET "(\w+)" = \?', update["changes"])
        where = re.findall(r'"(\w+)" = \?', update["where"])
        wanted = dict(zip(where, Parameters[len(sets) :], strict=True))
        stored = self.tables[update["table"]].get(self.key_of(update["table"], wanted), {})
        if any(stored.get(name) != value for name, value in wanted.items()):
            return _error("ConditionalCheckFailed")
        for name in re.findall(r'REMOVE "(\w+)"', update["changes"]):
            stored.pop(name, None)
        stored.update(zip(sets, Parameters, strict=False))
        return {"TableName": update["table"]}

    def transact_write_items(self, **request: Any) -> Raw:
        """As boto3's, for new items and for sums: all of it is done, or nothing."""
        with self._counted("transact_write_items"):
            actions = [next(iter(action.items())) for action in request["TransactItems"]]
            places = [self._place_of(kind, action) for kind, action in actions]
            if not 0 < len(places) <= _ACTIONS_AT_ONCE or len(set(places)) < len(places):
                raise refused("ValidationException")
            there = [kind == "Put" and place[1] in self.tables[place[0]]
                     for (kind, _), place in zip(actions, places, strict=True)]  # fmt: skip
            if any(there):
                raise cancelled(*("ConditionalCheckFailed" if known else "None" for known in there))
            for (kind, action), (table, key) in zip(actions, places, strict=True):
                if kind == "Put":
                    self.tables[table][key] = dict(action["Item"])
                else:
                    _add(self.tables[table].setdefault(key, dict(action["Key"])), action)
            return {}

    def _place_of(self, kind: str, action: Raw) -> tuple[str, tuple[str, ...]]:
        table = action["TableName"]
        return table, self.key_of(table, action["Item" if kind == "Put" else "Key"])

    def _counted(self, operation: str) -> threading.Lock:
        self.calls[operation] += 1
        return self._lock


class MemoryBucket:
    """Objects by key."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put_object(self, **request: Any) -> Raw:
        """As boto3's."""
        self.objects[request["Key"]] = request["Body"]
        return {}


def _add(item: Raw, action: Raw) -> None:
    values = action["ExpressionAttributeValues"]
    sums, _, rest = action["UpdateExpression"].removeprefix("ADD ").partition(" SET ")
    for name, value in (added.split() for added in sums.split(", ")):
        attribute = action["ExpressionAttributeNames"][name]
        known = Decimal(item.get(attribute, {"N": "0"})["N"])
        item[attribute] = {"N": str(known + Decimal(values[value]["N"]))}
    name, value = rest.split(" = ")
    item[name] = values[value]


def _error(code: str) -> Raw:
    return {"Error": {"Code": code, "Message": code}}
