"""Makes ``mediaconvert:createJob.sync`` known to ministack's state machines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from local.emulator import api_model, upstream
from local.emulator.mediaconvert.jobs import Jobs
from local.emulator.scope import scope
from local.emulator.upstream import Module

_RESOURCE = "arn:aws:states:::mediaconvert:createJob"


def close(folder: Path) -> None:
    """``folder`` is where jobs run."""
    machines = upstream.require(
        "ministack.services.stepfunctions", "_SERVICE_DISPATCH", "_ExecutionError(error, cause)"
    )
    jobs = Jobs(folder)
    machines._SERVICE_DISPATCH[_RESOURCE] = lambda resource, parameters: _task(
        jobs, machines, resource, parameters
    )


def _task(
    jobs: Jobs, machines: Module, resource: str, parameters: dict[str, Any]
) -> dict[str, Any]:
    """A Task state, on the execution's own thread."""
    if not resource.endswith(".sync"):
        cause = "this emulator runs createJob.sync alone"
        raise machines._ExecutionError("States.Runtime", cause)
    faults = api_model.faults("mediaconvert", "CreateJob", parameters)
    if faults:
        raise machines._ExecutionError("MediaConvert.BadRequestException", faults)
    job = jobs.run(scope(), parameters)
    if job["Status"] != "COMPLETE":
        raise machines._ExecutionError("States.TaskFailed", json.dumps(job))
    return {"Job": job}
