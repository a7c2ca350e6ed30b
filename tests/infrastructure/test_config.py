"""The stages: what could only fail in the middle of a deployment is refused before it."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest

from stacks.config import STAGES
from stacks.constructs.retention import retention


def test_a_stage_is_frozen():
    with pytest.raises(FrozenInstanceError):
        STAGES["dev"].name = "prod"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"region": "eu-west-1"}, "region is 'eu-west-1'"),
        ({"replica_region": "us-east-1"}, "replica_region must differ"),
        ({"availability_zones": ("us-east-1a",)}, "needs 2 availability_zones"),
    ],
)
def test_a_stage_that_cannot_be_deployed_is_refused(change: dict[str, object], message: str):
    with pytest.raises(ValueError, match=message):
        replace(STAGES["dev"], **change)


def test_a_retention_that_cloudwatch_does_not_know_is_refused():
    with pytest.raises(ValueError, match="log_retention_days=2"):
        retention(2)
