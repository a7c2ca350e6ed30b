"""Jobs run by spark-submit, as EMR Serverless runs them."""

from __future__ import annotations

import os
import subprocess

import pytest

from scripts.operators.deployment import ROOT

_SUBMIT = ROOT / ".venv-spark" / "bin" / "spark-submit"
needs_spark = pytest.mark.skipif(
    not _SUBMIT.exists(), reason="Spark is not installed: scripts/setup-spark (make test runs it)"
)


def submitted(job: str, *arguments: str) -> None:
    """Run ``job`` of ``operations/spark`` on two threads; it must succeed."""
    done = subprocess.run(
        [_SUBMIT, "--master", "local[2]", "--conf", "spark.ui.enabled=false",
         "--conf", "spark.sql.shuffle.partitions=4", "--driver-memory", "1g",
         ROOT / "operations" / "spark" / job, *arguments],
        capture_output=True, text=True, check=False,
        env={**os.environ, "PYSPARK_PYTHON": str(_SUBMIT.with_name("python"))},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
