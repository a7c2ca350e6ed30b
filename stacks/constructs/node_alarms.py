"""What the nodes' own counters (`streaming/watch.py`) wake somebody for."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from stacks.constructs import metrics
from stacks.constructs.alarm import MarqueeAlarm

_BELOW = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
# Fewer lookups in five minutes, and the share of hits says nothing: a night, or a new fleet.
_A_CROWD = 5000
# Fewer errors of S3 in a minute are a question that was tried again, and no reason to roll back.
_A_FEW = 10


class NodeAlarms(Construct):
    """Alarms on the cache, the store behind it and the disk under it."""

    def __init__(self, scope: Construct, id: str, *, namespace: str) -> None:
        """`namespace` is where the nodes publish."""
        super().__init__(scope, id)
        self._namespace = namespace
        self.store_errors = MarqueeAlarm(
            self,
            "FleetUpstreamErrors",
            summary="More than 1 % of what the nodes ask of S3 ends in a 5xx or not at all.",
            metric=cloudwatch.MathExpression(
                expression=f"IF(errors >= {_A_FEW}, 100 * errors / requests, 0)",
                using_metrics={
                    "errors": metrics.node(namespace, "StoreErrors"),
                    "requests": metrics.node(namespace, "StoreRequests"),
                },
                label="S3 errors %",
                period=metrics.MINUTE,
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

    def expect_counts_of(self, group: autoscaling.IAutoScalingGroup) -> None:
        """Without its watcher a node serves on: nothing is counted, and no other alarm rings."""
        beats = metrics.node(self._namespace, "Heartbeats", period=metrics.FIVE_MINUTES)
        nodes = metrics.group(group.auto_scaling_group_name, "GroupInServiceInstances")
        MarqueeAlarm(
            self,
            "FleetNotCounted",
            summary="For half an hour nodes have served whose watcher does not run.",
            metric=cloudwatch.MathExpression(
                # Each says so once a minute. Half a node is what boots in the meantime.
                expression="nodes - FILL(beats, 0) / 5",
                using_metrics={
                    "nodes": nodes.with_(period=metrics.FIVE_MINUTES),
                    "beats": beats,
                },
                label="Nodes that do not count",
                period=metrics.FIVE_MINUTES,
            ),
            threshold=0.5,
            evaluation_periods=6,
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
        )
