"""Every gap between ministack and AWS that this package closes, in the order they are closed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from local.emulator import (
    athena_partitions,
    empty_answers,
    firehose_buffering,
    guard,
    kinesis_delivery,
    lambda_runtime,
    mediaconvert,
    public_parameters,
    redrive,
    sagemaker,
    snapshots,
    stack_answers,
    upstream,
)
from local.emulator.resources import registration
from local.emulator.settings import EmulatorSettings

Application = Callable[[Any, Any, Any], Awaitable[None]]


def close_all(settings: EmulatorSettings) -> Application:
    """Patches ministack; the ASGI application to serve."""
    app = upstream.require("ministack.app", "app(scope, receive, send)", "_port_is_bindable")
    registration.close()
    stack_answers.close()
    public_parameters.close()
    empty_answers.close()
    lambda_runtime.close(settings.temporary)
    kinesis_delivery.close()
    firehose_buffering.close()
    athena_partitions.close()
    sagemaker.close(settings.temporary / "training")
    redrive.close()
    mediaconvert.close(settings.temporary / "packaging")
    saved = snapshots.close(settings)
    saved.start()
    return guard.guarded(app, on_change=saved.note_change)
