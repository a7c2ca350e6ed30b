"""The dashboard: one row an area, from what viewers meet down to what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from schemas.event_types import Network
from services.quality import UNKNOWN_NETWORK
from stacks.constructs import metrics
from stacks.constructs.platform_alarms import Watched

_WIDTH = 24
_NETWORKS = (*get_args(Network), UNKNOWN_NETWORK)


class PlatformDashboard(cloudwatch.Dashboard):
    """A row for each area, and above them every alarm."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        watched: Watched,
        alarms: Sequence[cloudwatch.IAlarm],
    ) -> None:
        """`name` is what a runbook calls it."""
        super().__init__(scope, id, dashboard_name=name)
        self.add_widgets(
            cloudwatch.AlarmStatusWidget(title="Alarms", alarms=list(alarms), width=_WIDTH)
        )
        self._delivery(watched)
        self._api(watched)
        self._events(watched)
        self._quality(watched)
        self._fleet(watched)
        self._training(watched)

    def _row(self, *graphs: tuple[str, Sequence[cloudwatch.IMetric]]) -> None:
        width = _WIDTH // len(graphs)
        self.add_widgets(
            *(
                cloudwatch.GraphWidget(title=title, left=list(left), width=width)
                for title, left in graphs
            )
        )

    def _delivery(self, watched: Watched) -> None:
        def edge(name: str, statistic: str = "Average") -> cloudwatch.Metric:
            return metrics.distribution(watched.distribution_id, name, statistic)

        self._row(
            ("Delivery: requests", [edge("Requests", "Sum")]),
            ("Delivery: errors, %", [edge("4xxErrorRate"), edge("5xxErrorRate")]),
            ("Delivery: bytes sent", [edge("BytesDownloaded", "Sum")]),
        )

    def _api(self, watched: Watched) -> None:
        api = watched.api_id
        self._row(
            ("API: requests", [metrics.api(api, name) for name in ("Count", "4xx", "5xx")]),
            (
                "API: latency, ms",
                [metrics.api(api, "Latency", statistic) for statistic in ("p50", "p90", "p99")],
            ),
            (
                "Recommendations: fallbacks",
                [metrics.own_count(watched.namespace, "RecommendationFallback")],
            ),
        )

    def _events(self, watched: Watched) -> None:
        lags = [metrics.consumer_lag(name) for name in watched.consumers]
        self._row(
            ("Events: records in", [metrics.stream(watched.stream_name, "IncomingRecords")]),
            ("Events: consumers' lag, ms", lags),
            (
                "Events: set aside",
                [
                    metrics.own_count(watched.namespace, name)
                    for name in ("PoisonRecords", "RejectedEvents")
                ],
            ),
            ("Events: lake's lag, s", [metrics.firehose_age(watched.firehose_name)]),
        )

    def _quality(self, watched: Watched) -> None:
        namespace = watched.namespace

        def startup(statistic: str) -> list[cloudwatch.IMetric]:
            return [
                metrics.playback(namespace, "StartupMilliseconds", network, statistic)
                for network in _NETWORKS
            ]

        self._row(
            ("Playback: startup p50, ms", startup("p50")),
            ("Playback: startup p95, ms", startup("p95")),
            (
                "Playback: rebuffering, %",
                [metrics.rebuffer_percentage(namespace, network) for network in _NETWORKS],
            ),
        )
        self.add_widgets(
            cloudwatch.CustomWidget(
                title="Playback: titles, countries and networks of the last two hours",
                function_arn=watched.quality_widget_arn,
                update_on_refresh=True,
                update_on_resize=False,
                width=_WIDTH,
                height=10,
            )
        )

    def _fleet(self, watched: Watched) -> None:
        def group(name: str) -> cloudwatch.Metric:
            return metrics.group(watched.group_name, name)

        sent = metrics.metric(
            "AWS/EC2",
            "NetworkOut",
            {"AutoScalingGroupName": watched.group_name},
            statistic="Average",
        )
        self._row(
            ("Fleet: nodes", [group("GroupDesiredCapacity"), group("GroupInServiceInstances")]),
            ("Fleet: bytes out per node and minute", [sent]),
        )
        # Of the nodes' own counters; without an image of its own a stage has none.
        counted = [
            metrics.percentage(
                metrics.node(watched.namespace, part),
                metrics.node(watched.namespace, whole),
                label=label,
            )
            for part, whole, label in (
                ("CacheHits", "CacheLookups", "Cache hits %"),
                ("StoreErrors", "StoreRequests", "S3 errors %"),
            )
        ]
        self._row(
            ("Fleet: cache hits, %", counted[:1]),
            ("Fleet: errors of S3, %", counted[1:]),
            (
                "Fleet: room on the fullest disk, % of what is kept free",
                [metrics.node(watched.namespace, "CacheRoomPercent", "Minimum")],
            ),
        )

    def _training(self, watched: Watched) -> None:
        runs = [
            metrics.executions(watched.state_machine_arn, name)
            for name in ("ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed")
        ]
        self._row(
            ("Training: runs", runs),
            ("Tables: throttled", [metrics.table_throttles(watched.tables)]),
        )
