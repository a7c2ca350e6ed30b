"""Starts ministack with every gap closed, serves it on the loopback address, stops it cleanly."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import resource
import shutil
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from local.emulator import upstream
from local.emulator.mediaconvert.ffmpeg import end_all
from local.emulator.settings import EmulatorSettings, enter

_PORT_FILE = "port"


def run(settings: EmulatorSettings) -> None:
    """Serves until SIGTERM or SIGINT; prints one line of JSON when it does."""
    upstream.require_version()
    listener = _listen(settings)
    port = listener.getsockname()[1]
    shutil.rmtree(settings.temporary, ignore_errors=True)
    enter(settings, port)
    _log_to(settings)
    _raise_open_files()
    application = _assemble(settings)
    asyncio.run(_serve(application, listener, f"http://127.0.0.1:{port}"))
    end_all()


def _listen(settings: EmulatorSettings) -> socket.socket:
    """A listening socket. The port of the last run is taken again where it is free.

    Saved state holds addresses (queue URLs, outputs of stacks) that carry the port.
    """
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    remembered = settings.state_dir / _PORT_FILE
    wanted = settings.port
    if wanted == 0 and remembered.exists():
        wanted = int(remembered.read_text())
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", wanted))
    except OSError:
        if settings.port != 0:
            raise
        listener.bind(("127.0.0.1", 0))
    remembered.write_text(str(listener.getsockname()[1]))
    return listener


def _log_to(settings: EmulatorSettings) -> None:
    """Everything the emulator says goes to the log; stdout carries the one line of readiness."""
    handler: logging.Handler
    if settings.log_file is None:
        handler = logging.StreamHandler(sys.stderr)
    else:
        settings.log_file.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(settings.log_file)
    logging.basicConfig(
        level=logging.INFO,
        handlers=[handler],
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
        force=True,
    )


def _raise_open_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _assemble(settings: EmulatorSettings) -> Callable[..., Awaitable[None]]:
    """Imports ministack, which reads its environment, and closes each gap."""
    from local.emulator import gaps

    return gaps.close_all(settings)


async def _serve(
    application: Callable[..., Awaitable[None]], listener: socket.socket, endpoint: str
) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    async def announced(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        async def sending(message: Any) -> None:  # noqa: ANN401 - ASGI
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                loop.call_soon(_announce, endpoint)

        await application(scope, receive, sending if scope["type"] == "lifespan" else send)

    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.accesslog = None
    config.errorlog = logging.getLogger("hypercorn.error")
    await serve(announced, config, shutdown_trigger=stop.wait)


def _announce(endpoint: str) -> None:
    print(json.dumps({"ready": True, "endpoint": endpoint, "pid": os.getpid()}), flush=True)
