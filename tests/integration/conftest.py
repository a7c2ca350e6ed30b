"""One deployed platform for every integration test: the demo's own, in a folder of its own."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from local.platform import Platform
from local.world import world_of
from scripts.operators.api import Api
from scripts.operators.deployment import Deployment, LocalPlatform
from scripts.operators.titles import open_dataset
from scripts.operators.tokens import access_token


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def _silent(_name: str):
    yield lambda _detail: None


@pytest.fixture(scope="session")
def platform(tmp_path_factory) -> Iterator[Platform]:
    """The generated catalogue, deployed, trained and served."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MARQUEE_HOME", str(tmp_path_factory.mktemp("marquee")))
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
