"""AWS's own resource schemas, by cfn-lint, on every template of every stage."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stacks.config import STAGES
from tests.infrastructure.synthesis import ROOT, Assembly

CFN_LINT = Path(sys.executable).with_name("cfn-lint")


@pytest.fixture(scope="module")
def findings(assemblies: Mapping[str, Assembly]) -> dict[str, str]:
    """What cfn-lint says of each stage, two at a time."""
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(assemblies, pool.map(_lint, assemblies.values()), strict=True))


@pytest.mark.parametrize("stage", STAGES)
def test_every_template_satisfies_the_resource_schemas(findings: dict[str, str], stage: str):
    assert findings[stage] == ""


def test_a_template_that_breaks_a_schema_is_found(tmp_path: Path):
    path = tmp_path / "broken.json"
    path.write_text(
        '{"Resources": {"Key": {"Type": "AWS::KMS::Key", "Properties": {"Rotate": true}}}}'
    )
    assert "Rotate" in _run([path], ["us-east-1"])


def _lint(assembly: Assembly) -> str:
    config = STAGES[assembly.stage]
    regions = [config.region, *([config.replica_region] if config.replica_region else [])]
    return _run([template.path for template in assembly.templates.values()], regions)


def _run(paths: list[Path], regions: list[str]) -> str:
    answer = subprocess.run(
        [CFN_LINT, "--format", "parseable", "--regions", *regions, "--template", *paths],
        cwd=ROOT,  # where .cfnlintrc.yaml is
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout + answer.stderr
