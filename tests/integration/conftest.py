"""One deployed platform for every integration test, made as a user would make it.

The demo is begun and ended by Ctrl-C, begun again and killed outright, then run to its end;
after that its world is started once more, in this process, and stays up for the tests.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from local.platform import Platform
from local.world import world_of
from scripts.operators.api import Api
from scripts.operators.deployment import ROOT, Deployment, LocalPlatform
from scripts.operators.titles import open_dataset
from scripts.operators.tokens import access_token

PATIENCE_SECONDS = 400.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class DemoRun:
    """One run of the demo as a process: its exit code and what it printed."""

    returncode: int
    output: str


@dataclass
class DemoRuns:
    """What came of each run."""

    interrupted: DemoRun
    killed: DemoRun
    left_running: list[str]
    whole: DemoRun


def _run_demo(log: Path, *, end_at: str | None = None, by: int = signal.SIGKILL) -> DemoRun:
    """Runs ``local.demo --once``; sends the signal ``by`` when ``end_at`` has been printed."""
    command = [sys.executable, "-m", "local.demo", "--once", "--port", str(free_port())]
    environment = {
        **os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'lambda_src'}", "COLUMNS": "200",
        "PYTHONUNBUFFERED": "1",
    }  # fmt: skip
    with log.open("w") as out:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT
        )
    deadline = time.monotonic() + PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if end_at and end_at in log.read_text():
            process.send_signal(by)
            end_at = None
        time.sleep(0.1)
    if process.poll() is None:
        process.kill()
        pytest.fail(f"the demo did not end in {PATIENCE_SECONDS} s:\n{log.read_text()}")
    return DemoRun(process.returncode, log.read_text())


def _processes_of(home: Path) -> list[str]:
    """Command lines of live processes that mention the folder, of whatever parent."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
        if str(home) in line:
            found.append(line)
    return found


@pytest.fixture(scope="session")
def home(tmp_path_factory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("marquee")
        patch.setenv("MARQUEE_HOME", str(folder))
        yield folder


@pytest.fixture(scope="session")
def demo_runs(home, tmp_path_factory) -> DemoRuns:
    logs = tmp_path_factory.mktemp("logs")
    interrupted = _run_demo(logs / "1", end_at="✓ emulator", by=signal.SIGINT)
    killed = _run_demo(logs / "2", end_at="✓ bootstrap", by=signal.SIGKILL)
    deadline = time.monotonic() + 20
    while (left := _processes_of(home)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return DemoRuns(interrupted, killed, left, _run_demo(logs / "3"))


@contextmanager
def _silent(_name: str):
    yield lambda _detail: None


@pytest.fixture(scope="session")
def platform(demo_runs) -> Iterator[Platform]:
    """The world that the demo left, started again."""
    assert demo_runs.whole.returncode == 0, demo_runs.whole.output
    dataset = open_dataset(None)
    platform = Platform(world_of(dataset), dataset, port=free_port(), steps=_silent)
    try:
        platform.running = platform.start()
        yield platform
    finally:
        platform.stop()


@pytest.fixture(scope="session")
def running(platform) -> LocalPlatform:
    return platform.running


@pytest.fixture(scope="session")
def deployment(running) -> Deployment:
    return Deployment("local", endpoint=running.endpoint)


@pytest.fixture(scope="session")
def token(running, deployment) -> str:
    entry = running.accounts[0]
    return access_token(deployment, entry["username"], entry["password"])


@pytest.fixture
def http(running, token) -> Iterator[httpx.Client]:
    """As curl: answers are returned, whatever their status."""
    headers = {"authorization": f"Bearer {token}"}
    with httpx.Client(base_url=running.url, headers=headers, timeout=30) as client:
        yield client


@pytest.fixture
def api(running, token) -> Api:
    return Api(running.url, token)


@pytest.fixture
def profile(api) -> Iterator[str]:
    """A profile nobody else uses, without a maturity ceiling."""
    profile_id = api.post("/v1/profiles", {"name": "tester"})["profile_id"]
    yield profile_id
    api.delete(f"/v1/profiles/{profile_id}")
