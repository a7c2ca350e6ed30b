"""Log retention in days, as CloudWatch names it."""

from __future__ import annotations

from aws_cdk import aws_logs as logs

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
