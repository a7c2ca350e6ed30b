"""AWS's own resource schemas, by cfn-lint, on every template of every stage."""

from __future__ import annotations

import subprocess
import sys

from stacks.config import STAGES
from tests.infrastructure.synthesis import Assembly


def test_every_template_satisfies_the_resource_schemas(assembly: Assembly):
    config = STAGES[assembly.stage]
    regions = [config.region, *([config.replica_region] if config.replica_region else [])]
    paths = [str(template.path) for template in assembly.templates.values()]
    answer = subprocess.run(
        [sys.executable, "-m", "cfnlint", "--format", "parseable", "--regions", *regions]
        + ["--template", *paths],
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.stdout + answer.stderr == ""
