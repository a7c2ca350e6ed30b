"""What the nodes' own counters (`streaming/watch.py`) wake somebody for."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from stacks.constructs import metrics
from stacks.constructs.alarm import MarqueeAlarm

_BELOW = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
# Fewer lookups in five minutes, and the share of hits says nothing: a night, or a new fleet.
_A_CROWD = 5000


class NodeAlarms(Construct):
    """Alarms on the cache, the store behind it and the disk under it."""

    def __init__(self, scope: Construct, id: str, *, namespace: str) -> None:
        """`namespace` is where the nodes publish."""
        super().__init__(scope, id)
        self.store_errors = MarqueeAlarm(
            self,
            "FleetUpstreamErrors",
            summary="More than 1 % of what the nodes ask of S3 ends in a 5xx or not at all.",
            metric=metrics.percentage(
                metrics.node(namespace, "StoreErrors"),
                metrics.node(namespace, "StoreRequests"),
                label="S3 errors %",
            ),
            threshold=1,
            evaluation_periods=3,
        )
        hits, lookups = (
            metrics.node(namespace, name, period=metrics.FIVE_MINUTES)
            for name in ("CacheHits", "CacheLookups")
        )
        MarqueeAlarm(
            self,
            "FleetCacheMisses",
            summary="For half an hour the nodes had less than half of what they were asked for.",
            metric=cloudwatch.MathExpression(
                expression=f"IF(lookups > {_A_CROWD}, 100 * hits / lookups, 100)",
                using_metrics={"hits": hits, "lookups": lookups},
                label="Cache hits %",
                period=metrics.FIVE_MINUTES,
            ),
            threshold=50,
            comparison_operator=_BELOW,
            evaluation_periods=6,
        )
        MarqueeAlarm(
            self,
            "FleetDiskFull",
            summary="A node's cache leaves a quarter of the free space that it should leave.",
            metric=metrics.node(namespace, "CacheRoomPercent", "Minimum"),
            threshold=25,
            comparison_operator=_BELOW,
            evaluation_periods=3,
        )
        MarqueeAlarm(
            self,
            "FleetCacheDamaged",
            summary="Nodes found files in their caches that were cut short.",
            metric=metrics.node(namespace, "DamagedCacheFiles", period=Duration.minutes(15)),
            threshold=1,
            evaluation_periods=1,
        )
