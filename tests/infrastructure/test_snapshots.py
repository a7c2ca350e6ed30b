"""The templates as they are: a tripwire for changes that nobody meant.

`make snapshot` accepts them. What changes with code and not with infrastructure is masked.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from tests.infrastructure.synthesis import Assembly

_ASSET = re.compile(r"\b[0-9a-f]{64}\b")
_VERSION = re.compile(r"(CurrentVersion[0-9A-F]{8})[0-9a-f]{32}")
# The local stage runs functions on the interpreter and the processor at hand.
_HOST = {"Runtime", "Architectures", "CompatibleRuntimes", "CompatibleArchitectures"}


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Snapshots as JSON, a file each."""
    return snapshot.use_extension(JSONSnapshotExtension)


def test_templates(assembly: Assembly, snapshot: SnapshotAssertion):
    for area, template in assembly.templates.items():
        masked = _masked(template.body, host=assembly.stage == "local")
        assert masked == snapshot(name=f"{assembly.stage}-{area}")


def test_a_changed_handler_changes_no_snapshot():
    before, after = ("0" * 64, "1" * 64), ("a" * 32, "b" * 32)
    versions = [
        {f"TitlesCurrentVersion0A1B2C3D{version}": {"S3Key": f"{asset}.zip"}}
        for asset, version in zip(before, after, strict=True)
    ]
    assert _masked(versions[0], host=False) == _masked(versions[1], host=False)


def _masked(body: dict[str, Any], *, host: bool) -> Any:
    text = _VERSION.sub(r"\1<version>", _ASSET.sub("<asset>", json.dumps(body)))
    return _without_host(json.loads(text)) if host else json.loads(text)


def _without_host(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_host(item) for item in value]
    if isinstance(value, dict):
        return {
            key: "<host>" if key in _HOST else _without_host(item) for key, item in value.items()
        }
    return value
