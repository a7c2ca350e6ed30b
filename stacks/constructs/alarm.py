"""An alarm that names its runbook."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct, IConstruct


class MarqueeAlarm(cloudwatch.Alarm):
    """An alarm whose id is the name of its runbook, ``docs/runbooks/<id>.md``.

    Missing data is "not breaching" unless said otherwise: an idle stage is not an ill one.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        summary: str,
        metric: cloudwatch.IMetric,
        threshold: float,
        evaluation_periods: int = 3,
        datapoints_to_alarm: int | None = None,
        comparison_operator: cloudwatch.ComparisonOperator = (
            cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
        ),
        treat_missing_data: cloudwatch.TreatMissingData = (
            cloudwatch.TreatMissingData.NOT_BREACHING
        ),
    ) -> None:
        """``summary`` is what a person on call reads first."""
        super().__init__(
            scope,
            id,
            alarm_description=f"{summary} Runbook: docs/runbooks/{id}.md",
            metric=metric,
            threshold=threshold,
            evaluation_periods=evaluation_periods,
            datapoints_to_alarm=datapoints_to_alarm or evaluation_periods,
            comparison_operator=comparison_operator,
            treat_missing_data=treat_missing_data,
        )


def alarms_of(root: IConstruct) -> Sequence[MarqueeAlarm]:
    """Every alarm below ``root``, in the order of the tree."""
    return [node for node in root.node.find_all() if isinstance(node, MarqueeAlarm)]
