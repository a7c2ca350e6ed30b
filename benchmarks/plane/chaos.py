"""What goes wrong between a function and its storage, as a wrapper around a client."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from botocore.exceptions import ReadTimeoutError

from benchmarks.plane.memory import cancelled, refused


class Killed(BaseException):  # noqa: N818 - not an error that anything may handle
    """The function's process ended here."""


class Fault(StrEnum):
    """One thing that can go wrong with one call."""

    NONE = "none"
    THROTTLE = "throttle"  # nothing done: ProvisionedThroughputExceededException
    PARTLY = "partly"  # some of a batch done, the others refused by a hot partition or row
    LOST = "lost"  # done, and the answer lost
    RIVAL = "rival"  # somebody else writes first: what ``rival`` does, then the call
    KILL_BEFORE = "kill_before"  # the process ends before the call does anything
    KILL_AFTER = "kill_after"  # the process ends after the write, before the acknowledgement


class Chaos:
    """``client`` whose calls go as ``choose`` says, called once for each of them."""

    def __init__(
        self, client: Any, choose: Callable[[], Fault], rival: Callable[[], None] = lambda: None
    ) -> None:
        self._client, self._choose, self._rival = client, choose, rival
        self._lock = threading.Lock()
        self.seen: Counter[Fault] = Counter()

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._client, name)

        def call(**request: Any) -> Any:
            with self._lock:
                fault = self._choose()
                self.seen[fault] += 1
            if fault is Fault.THROTTLE:
                raise refused("ProvisionedThroughputExceededException")
            if fault is Fault.KILL_BEFORE:
                raise Killed
            if fault is Fault.RIVAL:
                self._rival()
            answer = _partly(name, real, request) if fault is Fault.PARTLY else real(**request)
            if fault is Fault.LOST:
                raise ReadTimeoutError(endpoint_url="https://memory")
            if fault is Fault.KILL_AFTER:
                raise Killed
            return answer

        return call


def _partly(name: str, real: Callable[..., Any], request: Any) -> Any:
    """Does the first half of a batch, and refuses the rest as DynamoDB does."""
    if name == "batch_execute_statement":
        asked = request["Statements"]
        half = len(asked) // 2
        done = real(Statements=asked[:half])["Responses"] if half else []
        code = "ProvisionedThroughputExceeded"
        error = {"Error": {"Code": code, "Message": code}}
        return {"Responses": [*done, *[error] * (len(asked) - half)]}
    if name == "batch_get_item":
        ((table, asked),) = request["RequestItems"].items()
        half = len(asked["Keys"]) // 2
        left = {table: {**asked, "Keys": asked["Keys"][half:]}}
        if not half:
            return {"Responses": {}, "UnprocessedKeys": left}
        done = real(RequestItems={table: {**asked, "Keys": asked["Keys"][:half]}})
        return {**done, "UnprocessedKeys": left}
    if name == "transact_write_items":  # another transaction is at one of its rows
        *others, _ = request["TransactItems"]
        raise cancelled(*["None"] * len(others), "TransactionConflict")
    raise refused("ProvisionedThroughputExceededException")
