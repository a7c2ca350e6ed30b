"""Runs ffmpeg for a job: politely, within limits, and ended with whatever started it."""

from __future__ import annotations

import os
import resource
import subprocess
from collections import deque
from collections.abc import Callable, Sequence
from threading import Event, Timer

from local.process import die_with_parent

LONGEST_SECONDS = 6 * 3600
_MEMORY_BYTES = 6 << 30
_NICENESS = 10  # the platform that a viewer uses goes first


_ending = Event()
_running: set[subprocess.Popen[str]] = set()


class FfmpegError(Exception):
    """ffmpeg did not finish; the message is its last words."""


def run_ffmpeg(
    command: Sequence[str],
    *,
    on_second: Callable[[float], None] = lambda _: None,
    seconds: float = LONGEST_SECONDS,
) -> None:
    """Runs to the end; tells how many seconds of the title are done. :class:`FfmpegError`."""
    if _ending.is_set():
        raise FfmpegError("the emulator is being ended")
    process = subprocess.Popen(
        list(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env={"PATH": os.defpath, "LANG": "C.UTF-8"},
        preexec_fn=_confine,
    )
    _running.add(process)
    limit = Timer(seconds, process.kill)
    limit.daemon = True
    limit.start()
    said: deque[str] = deque(maxlen=5)
    try:
        for line in process.stdout or ():
            name, _, value = line.strip().partition("=")
            if name == "out_time_us" and value.isdigit():
                on_second(int(value) / 1e6)
            elif not _is_progress(name):
                said.append(line.strip())
        status = process.wait()
    finally:
        limit.cancel()
        process.kill()
        _running.discard(process)
    if status != 0:
        raise FfmpegError("; ".join(said) or f"ffmpeg ended with status {status}")


def end_all() -> None:
    """Ends every ffmpeg and begins no other: this process's end waits for the threads they hold."""
    _ending.set()
    for process in tuple(_running):
        process.kill()


def _is_progress(name: str) -> bool:
    return name in _PROGRESS or name.startswith("stream_")


def _confine() -> None:
    die_with_parent()
    os.nice(_NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


_PROGRESS = frozenset(
    (
        "frame",
        "fps",
        "bitrate",
        "total_size",
        "out_time_us",
        "out_time_ms",
        "out_time",
        "dup_frames",
        "drop_frames",
        "speed",
        "progress",
    )  # fmt: skip
)
