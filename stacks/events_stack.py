"""Events: the stream that every viewer's actions go through, and those who read it."""

from __future__ import annotations

from typing import Any

from aws_cdk import CfnOutput, Duration, RemovalPolicy
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from constructs import Construct

from stacks.config import StageConfig
from stacks.constructs.function import FunctionSettings, MarqueeFunction
from stacks.constructs.grants import write_objects
from stacks.constructs.lake import Lake
from stacks.constructs.stack import MarqueeStack
from stacks.content_stack import ContentStack
from stacks.profiles_stack import ProfilesStack


class EventsStack(MarqueeStack):
    """One on-demand stream; a profile consumer, a trending consumer and the lake."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: StageConfig,
        content: ContentStack,
        profiles: ProfilesStack,
    ) -> None:
        """Consumers write the tables, and what they can't read or apply the failure bucket."""
        super().__init__(scope, id, config=config)
        self.stream = kinesis.Stream(
            self,
            "Stream",
            stream_mode=kinesis.StreamMode.ON_DEMAND,
            encryption=kinesis.StreamEncryption.MANAGED,
            retention_period=Duration.hours(config.event_retention_hours),
            removal_policy=RemovalPolicy.RETAIN if config.retain_data else RemovalPolicy.DESTROY,
        )
        self.profile_consumer = self._profile_consumer(content, profiles)
        self.trending_consumer = self._trending_consumer(content, profiles)
        self.lake = Lake(
            self, "Lake", config=config, stream=self.stream, bucket=content.lake_bucket
        )
        CfnOutput(self, "EventStreamName", value=self.stream.stream_name)

    def _profile_consumer(
        self, content: ContentStack, profiles: ProfilesStack
    ) -> MarqueeFunction:
        table = profiles.viewing_table
        function = self._consumer(
            "ProfileConsumer",
            FunctionSettings(
                handler="profile_consumer",
                description="Merges events into what profiles have watched",
                environment={"VIEWING_TABLE": table.table_name},
                memory_mb=1024,
                timeout_seconds=60,
            ),
            content,
        )
        table.grant_read_write_data(function)
        # Enhanced fan-out: its own 2 MB/s of each shard and delivery in some 70 ms, since a
        # viewer waits for this one.
        registered = kinesis.StreamConsumer(
            self, "FanOut", stream=self.stream, stream_consumer_name="profiles"
        )
        function.live.add_event_source(
            sources.KinesisConsumerEventSource(
                registered, **_delivery(content, batch_size=500, window_seconds=0)
            )
        )
        return function

    def _trending_consumer(
        self, content: ContentStack, profiles: ProfilesStack
    ) -> MarqueeFunction:
        table = profiles.trending_table
        function = self._consumer(
            "TrendingConsumer",
            FunctionSettings(
                handler="trending_consumer",
                description="Counts what is being watched, by the hour",
                environment={"TRENDING_TABLE": table.table_name},
                timeout_seconds=60,
            ),
            content,
        )
        table.grant_read_write_data(function)
        function.live.add_event_source(
            sources.KinesisEventSource(
                self.stream, **_delivery(content, batch_size=1000, window_seconds=10)
            )
        )
        return function

    def _consumer(
        self, id: str, settings: FunctionSettings, content: ContentStack
    ) -> MarqueeFunction:
        environment = {**settings.environment, "FAILURE_BUCKET": content.failure_bucket.bucket_name}
        function = MarqueeFunction(
            self,
            id,
            config=self.config,
            settings=FunctionSettings(**{**vars(settings), "environment": environment}),
        )
        write_objects(content.failure_bucket, function, "poison")
        return function


def _delivery(content: ContentStack, *, batch_size: int, window_seconds: int) -> dict[str, Any]:
    """How batches are made, retried and given up; every value on purpose, none by default."""
    return {
        "starting_position": lambda_.StartingPosition.TRIM_HORIZON,
        "batch_size": batch_size,
        "max_batching_window": Duration.seconds(window_seconds),
        "parallelization_factor": 2,
        "report_batch_item_failures": True,
        "bisect_batch_on_error": True,
        "retry_attempts": 10,
        "max_record_age": Duration.hours(12),
        "on_failure": sources.S3OnFailureDestination(content.failure_bucket),
    }
