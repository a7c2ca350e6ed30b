"""A world: everything one local deployment keeps on disk, one for each catalogue it serves."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.errors import LocalError
from scripts.operators.deployment import LocalPlatform
from scripts.operators.titles import Dataset


@dataclass(frozen=True)
class World:
    """``path`` holds the emulator's state, the cdk's work and the demo viewers' sign-ins."""

    path: Path

    @property
    def state(self) -> Path:
        """The emulator's own folder."""
        return self.path / "state"

    @property
    def run(self) -> Path:
        """Logs, rendered configurations and whatever else only a running platform needs."""
        return self.path / "run"

    @property
    def _notes(self) -> Path:
        return self.path / "notes.json"

    def note(self, **notes: Any) -> None:  # noqa: ANN401 - JSON
        """Remembers how far the set-up has come; atomic, readable by its owner alone."""
        self.path.mkdir(parents=True, exist_ok=True)
        write_private(self._notes, self.notes() | notes)

    def notes(self) -> dict[str, Any]:
        """What was noted, nothing where the world is new."""
        try:
            return dict(json.loads(self._notes.read_text()))
        except FileNotFoundError:
            return {}

    def forget(self) -> None:
        """Removes the world; the next start makes it anew."""
        shutil.rmtree(self.path, ignore_errors=True)


def world_of(dataset: Dataset) -> World:
    """The world that serves this data set; another data set has another one."""
    home = LocalPlatform.file().parent
    return World(home / "worlds" / f"{dataset.name}-{dataset.digest[:12]}")


def write_private(path: Path, content: dict[str, Any]) -> None:
    """Replaces a JSON file in one step, with mode 0600 from its first byte."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, indent=1)
    fresh.replace(path)


@contextmanager
def only_one() -> Iterator[None]:
    """Holds the lock of this checkout's platform; the kernel drops it however we end."""
    home = LocalPlatform.file().parent
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LocalError(
                "the platform of this checkout is already running",
                next_step="use it, or end it with Ctrl-C in its terminal",
            ) from None
        yield
