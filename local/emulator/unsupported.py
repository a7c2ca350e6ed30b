"""Answers which deployed resources are recorded only, at ``/_marquee/recorded``."""

from __future__ import annotations

import json
from typing import Any

from local.emulator import upstream
from local.emulator.resources.recorded import RECORDED_TYPES

PATH = "/_marquee/recorded"
_TYPES = {recorded.type for recorded in RECORDED_TYPES}


def recorded() -> list[dict[str, str]]:
    """``type``, ``logical_id`` and ``stack`` of each, in the order of deployment."""
    cloudformation = upstream.require("ministack.services.cloudformation", "_stacks")
    return [
        {"type": resource["ResourceType"], "logical_id": logical_id, "stack": stack["StackName"]}
        for stack in list(cloudformation._stacks._data.values())
        if stack["StackStatus"] != "DELETE_COMPLETE"
        for logical_id, resource in list(stack.get("_resources", {}).items())
        if _is_recorded_only(resource)
    ]


def _is_recorded_only(resource: dict[str, Any]) -> bool:
    if resource["ResourceType"] == "AWS::CloudWatch::Alarm":
        return "Metrics" in resource["Properties"]  # metric math is not evaluated
    return resource["ResourceType"] in _TYPES


async def answer(send: Any) -> None:  # noqa: ANN401 - ASGI
    """The answer as ASGI messages."""
    headers = [(b"content-type", b"application/json")]
    body = json.dumps({"resources": recorded()}).encode()
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
