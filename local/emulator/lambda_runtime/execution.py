"""Puts our execution environments in the place of upstream's, for Python functions."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local.emulator import upstream
from local.emulator.lambda_runtime.worker import Answer, Environment, Function
from local.emulator.upstream import Module


class Worker:
    """An execution environment with the face that upstream's pool expects of one."""

    def __init__(
        self, make: Callable[[], Function], func_name: str, config: dict[str, Any]
    ) -> None:
        self.func_name, self.config = func_name, config
        self.in_use = False
        self.last_used = time.time()
        self._proc = None  # the pool signals this one itself; ours ends with discard
        self._lock = threading.Lock()
        self._make = make
        self._environment: Environment | None = None

    def run(self, event: Any, request_id: str, trace_id: str | None) -> Answer:  # noqa: ANN401
        """One event, answered."""
        with self._lock:
            if self._environment is None:
                self._environment = Environment(self._make())
            arn = self.config.get("FunctionArn", "")
            return self._environment.invoke(event, request_id, arn, trace_id)

    def _discard_tmpdir(self) -> None:
        environment, self._environment = self._environment, None
        if environment is not None:
            environment.discard()

    def kill(self) -> None:
        """Ends the environment."""
        self._discard_tmpdir()


def close(folder: Path) -> None:
    """``folder`` keeps unpacked code and what functions write."""
    pool = upstream.require(
        "ministack.core.lambda_runtime",
        "_worker_class_for(config)",
        "acquire_worker(func_name, config, code_zip, qualifier, max_concurrency)",
        "release_worker(worker)",
        "execution_credentials(config)",
        "_account_region_from_function_config(config)",
    )
    lambda_svc = upstream.require(
        "ministack.services.lambda_svc",
        "_execute_function_warm(func, event, request_id)",
        "_resolve_layer_zip(attachment)",
        "_xray_trace_id_for_invocation(config, inbound_trace_header)",
        "_ensure_reaper_thread",
        "_durable_ctx.get",
    )
    classes, upstreams = pool._worker_class_for, lambda_svc._execute_function_warm

    def worker_class(config: dict[str, Any]) -> Callable[..., Any]:
        if not _is_ours(config):
            chosen: Callable[..., Any] = classes(config)
            return chosen
        return lambda name, config, code: Worker(
            lambda: _function(pool, lambda_svc, config, code, folder), name, config
        )

    def execute(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:  # noqa: ANN401
        config = func.get("config") or func
        if not _is_ours(config) or not func.get("code_zip") or lambda_svc._durable_ctx.get():
            answer: dict[str, Any] = upstreams(func, event, request_id)
            return answer
        return _execute(pool, lambda_svc, func, event, request_id)

    pool._worker_class_for = worker_class
    lambda_svc._execute_function_warm = execute


def _is_ours(config: dict[str, Any]) -> bool:
    return str(config.get("Runtime", "")).startswith("python")


def _execute(
    pool: Module,
    lambda_svc: Module,
    func: dict[str, Any],
    event: Any,  # noqa: ANN401
    request_id: str,
) -> dict[str, Any]:
    config = func.get("config") or func
    lambda_svc._ensure_reaper_thread()
    worker, _ = pool.acquire_worker(
        config["FunctionName"],
        config,
        func["code_zip"],
        qualifier=config.get("Version", "$LATEST"),
    )
    try:
        trace_id = lambda_svc._xray_trace_id_for_invocation(config)
        answer: Answer = worker.run(event, request_id, trace_id)
    finally:
        pool.release_worker(worker)
    if answer.error is None:
        return {"body": answer.result, "log": answer.log}
    return {"body": answer.error, "error": True, "log": answer.log}


def _function(
    pool: Module, lambda_svc: Module, config: dict[str, Any], code: bytes, folder: Path
) -> Function:
    layers = (lambda_svc._resolve_layer_zip(layer) for layer in config.get("Layers") or ())
    return Function(
        config=config,
        code=code,
        layers=tuple(layer for layer in layers if layer),
        credentials=pool.execution_credentials(config),
        region=pool._account_region_from_function_config(config)[1],
        folder=folder,
        endpoint=f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}",
    )
