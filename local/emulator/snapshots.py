"""Saves the state every few seconds, whole or not at all.

AWS: forgets nothing. Upstream: saves at a clean stop only, service by service into the same files,
so that ``kill -9`` loses everything and an interrupted save leaves a mixture.
Here the process forks: the copy has the state of one moment and writes it, while the original
goes on serving. :mod:`.generations` is what it writes.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

from local.emulator import upstream
from local.emulator.generations import BLOB, LARGE, Generations
from local.emulator.settings import EmulatorSettings
from local.process import PR_SET_PDEATHSIG

# A copy whose locks were taken at the fork never ends: this long, at least and at most, it gets.
_LEAST_PATIENCE, _MOST_PATIENCE = 5.0, 120.0
_MOST_DESCRIPTORS = 65_536
_REST = 4  # a snapshot is followed by a pause of so many times as long as it took

_logger = logging.getLogger(__name__)


def close(settings: EmulatorSettings) -> Snapshots:
    """Loads the newest whole snapshot at start-up, and saves into a new one at the end."""
    app = upstream.require(
        "ministack.app", "save_all(services)", "_build_persistence_save_dict()", "load_state"
    )
    persistence = upstream.require(
        "ministack.core.persistence",
        "STATE_DIR",
        "_json_default(obj)",
        "_json_object_hook(obj)",
        "_state_format_version(service)",
    )
    lambda_svc = upstream.require(
        "ministack.services.lambda_svc", "CODE_BLOB_DIR", "_prune_orphan_code_blobs(referenced)"
    )
    generations = Generations(settings.saved)
    persistence.STATE_DIR = str(generations.newest() or settings.saved / "none")
    # Older snapshots need their functions' code as well: pruned with them, not before.
    lambda_svc._prune_orphan_code_blobs = generations.refer_to
    encode_upstream, decode_upstream = persistence._json_default, persistence._json_object_hook

    def encode(value: Any) -> Any:  # noqa: ANN401 - JSON
        if isinstance(value, bytes | bytearray) and len(value) > LARGE:
            return generations.put_away(bytes(value))
        return encode_upstream(value)

    def decode(value: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
        return generations.fetch(value[BLOB]) if BLOB in value else decode_upstream(value)

    persistence._json_object_hook = decode

    def write() -> None:
        states = app._build_persistence_save_dict()
        generations.write(
            {name: (persistence._state_format_version(name), get) for name, get in states.items()},
            encode,
        )

    snapshots = Snapshots(write, settings.seconds_between_snapshots)
    app.save_all = lambda services: snapshots.last()
    return snapshots


class Snapshots:
    """Takes one when something has changed and the last one is long enough ago."""

    def __init__(self, write: Callable[[], None], seconds: float) -> None:
        self._write, self._seconds = write, seconds
        self._patience = _LEAST_PATIENCE
        self._changed = threading.Event()
        self._taking = threading.Lock()
        self._stopped = False

    def start(self) -> None:
        """Begins to take them."""
        threading.Thread(target=self._run, name="snapshots", daemon=True).start()

    def note_change(self) -> None:
        """Something may have changed."""
        self._changed.set()

    def last(self) -> None:
        """The one of a clean stop, taken here and now."""
        with self._taking:
            self._stopped = True
            self._write()

    def _run(self) -> None:
        pause = self._seconds
        while not self._stopped:
            time.sleep(pause)
            self._changed.wait()
            self._changed.clear()
            began = time.monotonic()
            with self._taking:
                if self._stopped or self._take():
                    took = time.monotonic() - began
                    self._patience = min(max(_LEAST_PATIENCE, 10 * took), _MOST_PATIENCE)
                    pause = max(self._seconds, _REST * took)
                else:
                    self._changed.set()
                    self._patience = min(2 * self._patience, _MOST_PATIENCE)
                    pause = self._seconds

    def _take(self) -> bool:
        if sys.platform == "linux":
            return self._fork()
        return _attempt(self._write)

    def _fork(self) -> bool:
        """Whether the copy of this process has written the snapshot."""
        child = os.fork()
        if child == 0:
            _become_writer()
            os._exit(0 if _attempt(self._write) else 1)
        deadline = time.monotonic() + self._patience
        while time.monotonic() < deadline:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status) == 0
            time.sleep(0.02)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        _logger.warning("a snapshot did not end in %.0f s and is begun anew", self._patience)
        return False


def _become_writer() -> None:
    """In the copy: dies with the original, shares none of its connections, says nothing."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    logging.disable()  # the log's lock may be held by a thread that the copy does not have
    os.closerange(3, _MOST_DESCRIPTORS)
    os.nice(10)


def _attempt(write: Callable[[], None]) -> bool:
    try:
        write()
    except Exception:
        os.write(2, f"a snapshot failed:\n{traceback.format_exc()}".encode())
        return False
    return True
