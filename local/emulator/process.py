"""The emulator as a child process: started, awaited, stopped with its state saved."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from local.errors import LocalError
from local.process import die_with_parent

ROOT = Path(__file__).resolve().parents[2]
_START_SECONDS = 60.0
_STOP_SECONDS = 60.0
# All that the emulator needs from the caller. Credentials and tokens stay out.
_KEPT = ("PATH", "LANG", "LC_ALL", "TZ")


class Emulator:
    """One emulator. Also a context manager; ``endpoint`` is known once it has started."""

    def __init__(
        self,
        port: int = 0,
        state_dir: Path = Path("emulator"),
        log_file: Path = Path("emulator.log"),
        *,
        seconds_between_snapshots: float = 5.0,
    ) -> None:
        self._port, self._state_dir, self._log_file = port, state_dir, log_file
        self._seconds_between_snapshots = seconds_between_snapshots
        self._process: subprocess.Popen[str] | None = None
        self._endpoint: str | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def endpoint(self) -> str:
        """``http://127.0.0.1:PORT``."""
        if self._endpoint is None:
            raise RuntimeError("the emulator has not been started")
        return self._endpoint

    @property
    def pid(self) -> int:
        """The child's process id."""
        if self._process is None:
            raise RuntimeError("the emulator has not been started")
        return self._process.pid

    def start(self) -> None:
        """Starts the child and waits until it serves; raises :class:`LocalError` if it doesn't."""
        self._log_file.parent.mkdir(parents=True, exist_ok=True)
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        with self._log_file.open("a") as log:
            self._process = subprocess.Popen(
                self._command(),
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,  # Ctrl-C is for the caller, who then stops us in order
                preexec_fn=die_with_parent,
            )
        line = self._first_line(self._process)
        if not line:
            self._process.kill()
            status = self._process.wait()
            raise LocalError(
                f"the emulator did not start (exit status {status}):\n{self._tail()}",
                next_step=f"the whole log is {self._log_file}",
            )
        self._endpoint = json.loads(line)["endpoint"]

    def stop(self) -> None:
        """Ends the child, which saves its state; does nothing where it does not run."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise LocalError(
                    f"the emulator did not stop in {_STOP_SECONDS:.0f} s and was killed; its "
                    "state is that of the last snapshot",
                    next_step=f"the end of {self._log_file} says what it was doing",
                ) from None
        if process.stdout is not None:
            process.stdout.close()

    def unsupported(self) -> list[dict[str, Any]]:
        """Resources that were recorded only: ``type``, ``logical_id`` and ``stack`` of each."""
        with urllib.request.urlopen(f"{self.endpoint}/_marquee/recorded", timeout=10) as answer:
            recorded: list[dict[str, Any]] = json.load(answer)["resources"]
        return recorded

    def _command(self) -> list[str]:
        return [
            sys.executable, "-m", "local.emulator",
            "--port", str(self._port),
            "--state", str(self._state_dir.resolve()),
            "--log-file", str(self._log_file.resolve()),
            "--seconds-between-snapshots", str(self._seconds_between_snapshots),
        ]  # fmt: skip

    def _first_line(self, process: subprocess.Popen[str]) -> str:
        assert process.stdout is not None
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if select.select([process.stdout], [], [], 0.5)[0]:
                return process.stdout.readline()
            if process.poll() is not None:
                break
        return ""

    def _tail(self, lines: int = 25) -> str:
        return "\n".join(self._log_file.read_text(errors="replace").splitlines()[-lines:])
