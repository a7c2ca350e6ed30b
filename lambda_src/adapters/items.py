"""DynamoDB items as plain dictionaries, and reads and writes of many items at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from adapters.faults import back_off, translated
from schemas.errors import ThrottledError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]
Raw = dict[str, Any]

_SERIALIZER = TypeSerializer()
_DESERIALIZER = TypeDeserializer()
_READS_AT_ONCE = 100
_WRITES_AT_ONCE = 25
_ATTEMPTS = 6

T = TypeVar("T")


def to_raw(item: Mapping[str, Any]) -> Raw:
    """The item as DynamoDB's API has it; ``None`` is left out, tuples are lists."""
    return {
        name: _SERIALIZER.serialize(_storable(value))
        for name, value in item.items()
        if value is not None
    }


def from_raw(raw: Mapping[str, Any]) -> Item:
    """The item of DynamoDB's API; whole numbers are ``int``, others ``float``."""
    return {name: _plain(_DESERIALIZER.deserialize(value)) for name, value in raw.items()}


def pages(
    client: DynamoDBClient, operation: Literal["query", "scan"], request: Mapping[str, Any]
) -> Iterator[list[Item]]:
    """The items of a ``query`` or ``scan``, a page at a time. A ``Limit`` is the first page's."""
    for page in raw_pages(client, operation, request):
        yield [from_raw(raw) for raw in page]


def raw_pages(
    client: DynamoDBClient, operation: Literal["query", "scan"], request: Mapping[str, Any]
) -> Iterator[list[Raw]]:
    """As :func:`pages`, in the API's own form."""
    call = getattr(client, operation)
    request = dict(request)
    while True:
        with translated("the table"):
            answer = call(**request)
        yield answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        request.pop("Limit", None)


def read_many(
    client: DynamoDBClient, table: str, keys: Iterable[Mapping[str, Any]], *, consistent: bool
) -> Iterator[Item]:
    """The items of ``keys`` that exist, in no order. :class:`ThrottledError` after all tries."""
    distinct = {tuple(sorted(key.items())): key for key in keys}
    raw_keys = [to_raw(key) for key in distinct.values()]
    for raw in read_raw(client, table, raw_keys, consistent=consistent):
        yield from_raw(raw)


def read_raw(
    client: DynamoDBClient,
    table: str,
    keys: Sequence[Raw],
    *,
    consistent: bool,
    only: Sequence[str] = (),
) -> Iterator[Raw]:
    """As :func:`read_many`, in the API's own form; ``only`` names the attributes wanted.

    The keys must be distinct.
    """
    names: dict[str, Any] = projection(only) if only else {}
    for chunk in chunks(keys, _READS_AT_ONCE):
        left: Sequence[Raw] = chunk
        for attempt in range(_ATTEMPTS):
            with translated("the table"):
                request: Any = {"Keys": left, "ConsistentRead": consistent, **names}
                answer = client.batch_get_item(RequestItems={table: request})
            yield from answer["Responses"].get(table, [])
            unread = answer.get("UnprocessedKeys", {})
            left = unread[table]["Keys"] if table in unread else []
            if not left:
                break
            back_off(attempt)
        else:
            raise ThrottledError("the table is busy; try again")


def projection(names: Iterable[str]) -> dict[str, Any]:
    """The part of a request that asks for these attributes alone."""
    known = {f"#{place}": name for place, name in enumerate(names)}
    return {"ProjectionExpression": ", ".join(known), "ExpressionAttributeNames": known}


def write_many(client: DynamoDBClient, table: str, requests: Iterable[Any]) -> None:
    """Does all put and delete ``requests``. :class:`ThrottledError` after all tries."""
    for chunk in chunks(list(requests), _WRITES_AT_ONCE):
        left: Sequence[Any] = chunk
        for attempt in range(_ATTEMPTS):
            with translated("the table"):
                answer = client.batch_write_item(RequestItems={table: left})
            left = answer.get("UnprocessedItems", {}).get(table, [])
            if not left:
                break
            back_off(attempt)
        else:
            raise ThrottledError("the table is busy; try again")


def chunks(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """``values``, ``size`` at a time."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def _storable(value: object) -> object:
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, list | tuple):
        return [_storable(entry) for entry in value]
    if isinstance(value, dict):
        return {name: _storable(entry) for name, entry in value.items() if entry is not None}
    return value


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    if isinstance(value, dict):
        return {name: _plain(entry) for name, entry in value.items()}
    return value
