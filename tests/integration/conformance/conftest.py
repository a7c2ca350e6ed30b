"""One emulator for the whole folder."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from conformance import Aws  # noqa: E402

from local.emulator.process import Emulator  # noqa: E402


@pytest.fixture(scope="session")
def emulator(tmp_path_factory) -> Iterator[Emulator]:
    folder = tmp_path_factory.mktemp("emulator")
    with Emulator(state_dir=folder / "state", log_file=folder / "log") as running:
        yield running


@pytest.fixture(scope="session")
def aws(emulator) -> Aws:
    return Aws(emulator.endpoint)
