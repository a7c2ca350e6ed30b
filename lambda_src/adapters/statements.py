"""Many conditional writes in few round trips: PartiQL statements, 25 a call.

Each statement stands or falls by itself, at the price of one write: a transaction would cost
two for each item, and one refused item would take the other 99 with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from adapters.faults import back_off, translated
from adapters.items import chunks
from schemas.errors import RetryLaterError, StorageError, ThrottledError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_STATEMENTS_AT_ONCE = 25
_ATTEMPTS = 5
_CALLS_AT_ONCE = 8
_CONFLICTS = frozenset({"ConditionalCheckFailed", "DuplicateItem"})
_PASSING = frozenset(
    {
        *("ProvisionedThroughputExceeded", "RequestLimitExceeded", "ThrottlingError"),
        *("TransactionConflict", "InternalServerError"),
    }
)


@dataclass
class Refusals:
    """The places of statements that were not done: a condition was false, the table was busy."""

    conflicts: list[int] = field(default_factory=list)
    busy: list[int] = field(default_factory=list)


def execute_many(client: DynamoDBClient, statements: Mapping[int, Any]) -> Refusals:
    """Does all statements, by their places; refused ones again, a bounded number of times.

    A hot partition holds up its own statements alone. :class:`StorageError` for a statement
    that no try can do.
    """
    parts = list(chunks(list(statements), _STATEMENTS_AT_ONCE))

    def execute(places: Sequence[int]) -> Refusals:
        return _execute(client, {place: statements[place] for place in places})

    refusals = Refusals()
    if not parts:
        return refusals
    with ThreadPoolExecutor(max_workers=_CALLS_AT_ONCE) as threads:
        for part in threads.map(execute, parts):
            refusals.conflicts += part.conflicts
            refusals.busy += part.busy
    return refusals


def _execute(client: DynamoDBClient, pending: dict[int, Any]) -> Refusals:
    refusals = Refusals()
    for attempt in range(_ATTEMPTS):
        if attempt:
            back_off(attempt)
        try:
            with translated("the table"):
                answer = client.batch_execute_statement(Statements=[*pending.values()])
        except ThrottledError:
            continue
        except RetryLaterError:
            break  # tried long enough; what it did all the same turns up as done next time
        left: dict[int, Any] = {}
        for place, result in zip(list(pending), answer["Responses"], strict=True):
            code = _code(result)
            if code in _CONFLICTS:
                refusals.conflicts.append(place)
            elif code in _PASSING:
                left[place] = pending[place]
            elif code:
                message = result["Error"].get("Message", "")
                raise StorageError(f"the table refused a write: {code}: {message}")
        pending = left
        if not pending:
            break
    refusals.busy += pending
    return refusals


def _code(result: Any) -> str:  # noqa: ANN401 - BatchStatementResponse
    # The emulator gives the names of exceptions, DynamoDB names without "Exception".
    code: str = result.get("Error", {}).get("Code", "")
    return code.removesuffix("Exception")
