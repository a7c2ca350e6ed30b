"""CloudFormation answers a stack operation when the operation has ended.

AWS: answers at once; the operation takes minutes. Upstream: answers at once; the operation takes
a few hundred milliseconds. The ``cdk`` command asks for the first time right after the answer and
then every five seconds, so each of upstream's stacks costs five seconds of waiting for nothing.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any
from urllib.parse import parse_qs

from local.emulator import upstream

_OPERATIONS = ("CreateStack", "UpdateStack", "ExecuteChangeSet", "DeleteStack")
_PATIENCE_SECONDS = 30.0
_LOOK_EVERY_SECONDS = 0.02


def close() -> None:
    """Holds back the answers to :data:`_OPERATIONS`."""
    cloudformation = upstream.require(
        "ministack.services.cloudformation",
        "handle_request(method, path, headers, body, query_params)",
        "_stacks",
    )
    answer = cloudformation.handle_request

    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Any:  # noqa: ANN401 - what upstream's handlers return
        result = await answer(method, path, headers, body, query)
        request = parse_qs(body.decode(errors="replace")) if body else query
        operation = request.get("Action", [""])[0]
        if operation in _OPERATIONS and result[0] == 200:
            await _ended(cloudformation._stacks, request.get("StackName", [""])[0], operation)
        return result

    cloudformation.handle_request = handle_request


async def _ended(stacks: Any, name: str, operation: str) -> None:  # noqa: ANN401 - a dictionary
    """Waits for the stack to come to rest; a long custom resource is not waited for."""
    begins = "DELETE_" if operation == "DeleteStack" else ""  # a deletion begins after its answer
    deadline = time.monotonic() + _PATIENCE_SECONDS
    name = name.split("/")[1] if name.startswith("arn:") else name
    while time.monotonic() < deadline:
        stack = stacks.get(name)
        status = stack["StackStatus"] if stack else begins
        if status.startswith(begins) and not status.endswith("_IN_PROGRESS"):
            return
        await asyncio.sleep(_LOOK_EVERY_SECONDS)
