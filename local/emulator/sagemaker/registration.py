"""Makes SageMaker one of ministack's services: routed, saved, and called by state machines."""

from __future__ import annotations

import copy
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from local.emulator import upstream
from local.emulator.sagemaker.errors import SageMakerError
from local.emulator.sagemaker.service import SageMaker
from local.emulator.scope import scope
from local.emulator.upstream import Module

_NAME = "sagemaker"


def close(folder: Path) -> None:
    """``folder`` is where jobs run."""
    app = upstream.require(
        "ministack.app", "SERVICE_HANDLERS", "SERVICE_REGISTRY", "_state_map", "_get_module(name)"
    )
    router = upstream.require("ministack.core.router", "SERVICE_PATTERNS")
    machines = upstream.require(
        "ministack.services.stepfunctions",
        "_AWS_SDK_SERVICE_MAP",
        "_AWS_SDK_ERROR_PREFIX",
        "_SERVICE_DISPATCH",
        "_ExecutionError(error, cause)",
    )
    service = SageMaker(folder)
    module = _module(service)
    sys.modules[f"ministack.services.{_NAME}"] = module
    app.SERVICE_REGISTRY[_NAME] = {"module": _NAME}
    app.SERVICE_HANDLERS[_NAME] = module.handle_request
    app._state_map[_NAME] = _NAME
    router.SERVICE_PATTERNS[_NAME] = {"target_prefixes": ["SageMaker."], "host_patterns": []}
    machines._AWS_SDK_SERVICE_MAP[_NAME] = {"target_prefix": "SageMaker", "protocol": "json"}
    machines._AWS_SDK_ERROR_PREFIX[_NAME] = "SageMaker"
    machines._SERVICE_DISPATCH["arn:aws:states:::sagemaker:createTrainingJob"] = (
        lambda resource, parameters: _task(service, machines, resource, parameters)
    )


def _module(service: SageMaker) -> ModuleType:
    """A module as ministack expects a service to be."""

    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> tuple[int, dict[str, str], bytes]:
        status, answer = service.answer(scope(), headers.get("x-amz-target", ""), body)
        kind = {"Content-Type": "application/x-amz-json-1.1"}
        return status, kind, json.dumps(answer).encode()

    module: Any = ModuleType(f"ministack.services.{_NAME}")
    module.handle_request = handle_request
    module.get_state = lambda: copy.deepcopy(service.state)
    module.load_persisted_state = service.restore
    module.reset = lambda: None
    return module  # type: ignore[no-any-return]


def _task(
    service: SageMaker, machines: Module, resource: str, parameters: dict[str, Any]
) -> dict[str, Any]:
    """A Task state; ``.sync`` waits for the job's end, on the execution's own thread."""
    try:
        created = service.call(scope(), "CreateTrainingJob", parameters)
    except SageMakerError as error:
        raise machines._ExecutionError(f"SageMaker.{error.code}", str(error)) from None
    if not resource.endswith(".sync"):
        return created
    job = service.jobs.wait(created["TrainingJobArn"])
    if job["TrainingJobStatus"] != "Completed":
        raise machines._ExecutionError("States.TaskFailed", json.dumps(job))
    return job
