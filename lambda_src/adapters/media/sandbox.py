"""Runs one command of :mod:`adapters.media.child` under limits, and reads its answer."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from os import pathsep
from typing import Any

from schemas.errors import RetryLaterError, StorageError

STORE_AWAY, STORE_REFUSED = 75, 77  # exit statuses, as sysexits.h has them
_MEBIBYTE = 1 << 20
_SAID = 400


class ChildError(Exception):
    """The child ended without an answer: ``reason`` says how, in words for an operator."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one child may use."""

    seconds: int = 240
    memory_mb: int = 2048
    file_mb: int = 64
    open_files: int = 64

    def apply(self) -> None:
        """Called in the child, between fork and exec."""
        for kind, limit in (
            (resource.RLIMIT_CPU, self.seconds),
            (resource.RLIMIT_AS, self.memory_mb * _MEBIBYTE),
            (resource.RLIMIT_FSIZE, self.file_mb * _MEBIBYTE),
            (resource.RLIMIT_NOFILE, self.open_files),
            (resource.RLIMIT_CORE, 0),
        ):
            resource.setrlimit(kind, (limit, limit))


def run(arguments: Sequence[str], *, limits: Limits) -> dict[str, Any]:
    """The child's JSON answer; :class:`ChildError` where it crashed, hung or used too much.

    Where the store gave it no bytes the file is not to blame: :class:`RetryLaterError` for what
    may pass by itself, :class:`StorageError` for what is to be put right.
    """
    command = [sys.executable, "-m", "adapters.media.child", *arguments]
    try:
        ended = subprocess.run(
            command,
            # No credentials and nothing else of ours: a decoder that is taken over finds nothing.
            env={"PYTHONPATH": pathsep.join(path for path in sys.path if path), "LANG": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=limits.seconds,
            preexec_fn=limits.apply,
            start_new_session=True,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ChildError(f"was not understood within {limits.seconds} s") from None
    if ended.returncode < 0:
        raise ChildError(f"ended its decoder (signal {-ended.returncode})")
    said = ended.stderr.strip()[-_SAID:]
    if ended.returncode == STORE_AWAY:
        raise RetryLaterError(said)
    if ended.returncode == STORE_REFUSED:
        raise StorageError(said)
    if ended.returncode != 0:
        raise ChildError(said or "ended its decoder without a word")
    answer: dict[str, Any] = json.loads(ended.stdout)
    return answer
