"""The alarms that belong to no single stack's deployment: what an operator is woken for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from stacks.constructs import metrics
from stacks.constructs.alarm import MarqueeAlarm

_BELOW = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD


@dataclass(frozen=True, kw_only=True)
class Watched:
    """The names that the alarms and the dashboard look at."""

    namespace: str  # of the functions' own metrics
    api_id: str
    consumers: Sequence[str]  # function names
    event_sources: Sequence[str]  # the consumers' mapping ids
    stream_name: str
    firehose_name: str
    tables: Sequence[str]
    group_name: str
    fleet_maximum: int
    distribution_id: str
    state_machine_arn: str
    outcomes_arn: str
    quality_widget_arn: str
    undelivered_queue: str
    canary_name: str


class ApiAlarms(Construct):
    """What callers of the API meet."""

    def __init__(self, scope: Construct, id: str, *, watched: Watched) -> None:
        """The API's errors and its slowest answers."""
        super().__init__(scope, id)
        self.errors = MarqueeAlarm(
            self,
            "ApiErrors",
            summary="More than 1 % of API requests end in a 5xx.",
            metric=metrics.api_error_percentage(watched.api_id),
            threshold=1,
            evaluation_periods=5,
            datapoints_to_alarm=3,
        )
        self.latency = MarqueeAlarm(
            self,
            "ApiLatency",
            summary="One API request in a hundred takes more than a second.",
            metric=metrics.api(watched.api_id, "Latency", "p99"),
            threshold=1000,
            evaluation_periods=5,
        )
        MarqueeAlarm(
            self,
            "NotThroughEdge",
            summary="The API refuses requests as not CloudFront's.",
            metric=metrics.own_count(watched.namespace, "NotThroughEdge"),
            threshold=100,
            evaluation_periods=2,
        )


class EventAlarms(Construct):
    """What keeps an action from being seen in the next recommendation."""

    def __init__(self, scope: Construct, id: str, *, watched: Watched) -> None:
        """The stream, its consumers, the lake and the tables they write."""
        super().__init__(scope, id)
        MarqueeAlarm(
            self,
            "ConsumerLag",
            summary="A stream consumer is more than a minute behind.",
            metric=cloudwatch.MathExpression(
                expression="MAX(METRICS())",
                using_metrics={
                    f"lag{index}": metrics.consumer_lag(name)
                    for index, name in enumerate(watched.consumers)
                },
                label="Oldest record read, ms",
                period=metrics.MINUTE,
            ),
            threshold=60_000,
            evaluation_periods=5,
        )
        MarqueeAlarm(
            self,
            "PoisonRecords",
            summary="A consumer put records aside that it could not read.",
            metric=metrics.own_count(watched.namespace, "PoisonRecords"),
            threshold=1,
            evaluation_periods=1,
        )
        MarqueeAlarm(
            self,
            "EventsOnFailureDelivered",
            summary="A batch was given up after its retries and went to the failure bucket.",
            metric=metrics.total(
                (metrics.given_up(source) for source in watched.event_sources),
                label="Records given up",
                period=metrics.FIVE_MINUTES,
            ),
            threshold=1,
            evaluation_periods=1,
        )
        MarqueeAlarm(
            self,
            "StreamThrottled",
            summary="The event stream refuses writes.",
            metric=metrics.stream(watched.stream_name, "WriteProvisionedThroughputExceeded"),
            threshold=1,
            evaluation_periods=3,
        )
        MarqueeAlarm(
            self,
            "FirehoseFreshness",
            summary="The lake is more than half an hour behind the stream.",
            metric=metrics.firehose_age(watched.firehose_name),
            threshold=1800,
            evaluation_periods=3,
        )
        MarqueeAlarm(
            self,
            "LakeSilent",
            summary="The stream takes events, and none reaches the lake.",
            metric=metrics.lake_silent(watched.stream_name, watched.firehose_name),
            threshold=1,
            evaluation_periods=2,
        )
        MarqueeAlarm(
            self,
            "LakeRefused",
            summary="Firehose can't convert records: the lake lacks them.",
            metric=metrics.firehose_refused(watched.firehose_name),
            threshold=1,
            evaluation_periods=1,
        )
        MarqueeAlarm(
            self,
            "LakeBehind",
            summary="Hours of the lake are not made whole, or nobody tries to.",
            metric=metrics.lake_hours_behind(watched.namespace),
            threshold=1,
            evaluation_periods=3,
            # The function says each hour how many there are, be it none.
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
        )
        MarqueeAlarm(
            self,
            "TableThrottled",
            summary="A table refuses reads or writes.",
            metric=metrics.table_throttles(watched.tables),
            threshold=10,
            evaluation_periods=3,
        )


class DeliveryAlarms(Construct):
    """What keeps a picture from moving."""

    def __init__(self, scope: Construct, id: str, *, watched: Watched) -> None:
        """The edge, the fleet's room to grow, and a visitor from outside."""
        super().__init__(scope, id)
        self.origin = MarqueeAlarm(
            self,
            "Origin5xx",
            summary="More than 1 % of what CloudFront answers is a 5xx.",
            metric=metrics.distribution(watched.distribution_id, "5xxErrorRate", "Average"),
            threshold=1,
            evaluation_periods=5,
            datapoints_to_alarm=3,
        )
        self.visitor = MarqueeAlarm(
            self,
            "CanaryFailed",
            summary="From outside, the page or the API does not answer as it should.",
            metric=metrics.metric(
                "CloudWatchSynthetics",
                "SuccessPercent",
                {"CanaryName": watched.canary_name},
                statistic="Average",
                period=metrics.FIVE_MINUTES,
            ),
            threshold=100,
            comparison_operator=_BELOW,
            evaluation_periods=2,
        )
        if watched.fleet_maximum:
            MarqueeAlarm(
                self,
                "FleetAtMaximum",
                summary="The fleet has all the nodes it may have and cannot grow.",
                metric=metrics.group(watched.group_name, "GroupDesiredCapacity", "Minimum"),
                threshold=watched.fleet_maximum,
                evaluation_periods=10,
            )


class UpkeepAlarms(Construct):
    """What viewers notice tomorrow."""

    def __init__(self, scope: Construct, id: str, *, watched: Watched) -> None:
        """Training runs that failed or never started, and backups."""
        super().__init__(scope, id)
        MarqueeAlarm(
            self,
            "TrainingFailed",
            summary="A training run failed, ran out of time or was stopped.",
            metric=metrics.unfinished(watched.state_machine_arn, label="Unfinished training runs"),
            threshold=1,
            evaluation_periods=1,
        )
        MarqueeAlarm(
            self,
            "OutcomesFailed",
            summary="The outcomes of a day's impressions were not worked out.",
            metric=metrics.unfinished(watched.outcomes_arn, label="Unfinished outcomes' runs"),
            threshold=1,
            evaluation_periods=1,
        )
        MarqueeAlarm(
            self,
            "TrainingNotStarted",
            summary="A training run that was due could not be started.",
            metric=metrics.undelivered(watched.undelivered_queue),
            threshold=1,
            evaluation_periods=1,
        )
        MarqueeAlarm(
            self,
            "BackupFailed",
            summary="A nightly backup of the tables failed.",
            metric=metrics.metric(
                "AWS/Backup",
                "NumberOfBackupJobsFailed",
                {"ResourceType": "DynamoDB"},
                period=metrics.FIVE_MINUTES,
            ),
            threshold=1,
            evaluation_periods=1,
        )
