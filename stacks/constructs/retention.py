"""How long a stage keeps things: its logs, and what a removed stack leaves behind."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs

from stacks.config import StageConfig

_NAMED = {
    1: logs.RetentionDays.ONE_DAY,
    7: logs.RetentionDays.ONE_WEEK,
    14: logs.RetentionDays.TWO_WEEKS,
    30: logs.RetentionDays.ONE_MONTH,
    90: logs.RetentionDays.THREE_MONTHS,
    365: logs.RetentionDays.ONE_YEAR,
}


def retention(days: int) -> logs.RetentionDays:
    """Give CloudWatch's name for `days`; ValueError where it keeps no such time."""
    if days not in _NAMED:
        raise ValueError(f"log_retention_days={days}: one of {', '.join(map(str, _NAMED))}")
    return _NAMED[days]


def removal_policy(config: StageConfig) -> RemovalPolicy:
    """What becomes of a resource whose stack is removed: kept where the stage retains its data."""
    return RemovalPolicy.RETAIN if config.retain_data else RemovalPolicy.DESTROY
