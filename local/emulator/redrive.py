"""Re-driving an execution: it goes on from the state that failed.

AWS: ``RedriveExecution`` starts a standard workflow's failed execution again at the state that
failed, with the input which that state had.
Upstream: knows no such operation. Here the state machine is run once more from that state, under
the execution's own name.
"""

from __future__ import annotations

import contextvars
import json
import threading
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from local.emulator import upstream
from local.emulator.upstream import Module

_TARGET = "AWSStepFunctions.RedriveExecution"
_ENDED = ("FAILED", "TIMED_OUT", "ABORTED")
Answer = tuple[int, dict[str, str], bytes]


class _NotRedrivableError(Exception):
    """AWS's code and words, for the caller."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def close() -> None:
    """Adds the operation to ministack's Step Functions."""
    app = upstream.require("ministack.app", "SERVICE_HANDLERS")
    machines = upstream.require(
        "ministack.services.stepfunctions",
        "_executions",
        "_state_machines",
        "_run_execution(exec_arn)",
        "_add_event",
    )
    known: Callable[..., Awaitable[Answer]] = app.SERVICE_HANDLERS["states"]

    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Answer:
        if headers.get("x-amz-target") != _TARGET:
            return await known(method, path, headers, body, query)
        kind = {"Content-Type": "application/x-amz-json-1.0"}
        try:
            answer = _redrive(machines, json.loads(body)["executionArn"])
        except _NotRedrivableError as error:
            fault = {"__type": error.code, "message": str(error)}
            return 400, kind, json.dumps(fault).encode()
        return 200, kind, json.dumps(answer).encode()

    app.SERVICE_HANDLERS["states"] = handle_request


def _redrive(machines: Module, arn: str) -> dict[str, float]:
    execution = machines._executions.get(arn)
    if execution is None:
        raise _NotRedrivableError("ExecutionDoesNotExist", f"there is no execution {arn}")
    if execution["status"] not in _ENDED:
        message = f"an execution that is {execution['status']} can't be re-driven"
        raise _NotRedrivableError("ExecutionNotRedrivable", message)
    entered = [
        event["stateEnteredEventDetails"]
        for event in execution["events"]
        if "stateEnteredEventDetails" in event
    ]
    now = datetime.now(UTC)
    execution.update(status="RUNNING", stopDate=None, output=None)
    execution.pop("error", None)
    execution.pop("cause", None)
    execution["redriveCount"] = execution.get("redriveCount", 0) + 1
    machines._add_event(execution, "ExecutionRedriven", {})
    threading.Thread(
        target=contextvars.copy_context().run,
        args=(_run_from, machines, execution, entered[-1] if entered else None),
        daemon=True,
    ).start()
    return {"redriveDate": now.timestamp()}


def _run_from(machines: Module, execution: dict[str, Any], state: dict[str, str] | None) -> None:
    """Runs the machine as if it began with ``state``; the execution looks as it did afterwards."""
    own, given = execution["stateMachineArn"], execution["input"]
    machine = dict(machines._state_machines[own])
    if state is not None:
        definition = {**json.loads(machine["definition"]), "StartAt": state["name"]}
        machine["definition"] = json.dumps(definition)
    shadow = f"{own}:redrive-{execution['name']}"
    machines._state_machines[shadow] = machine
    execution.update(stateMachineArn=shadow, input=state["input"] if state else given)
    try:
        machines._run_execution(execution["executionArn"])
    finally:
        execution.update(stateMachineArn=own, input=given)
        machines._state_machines.pop(shadow, None)
