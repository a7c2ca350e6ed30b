"""Events: the stream of what viewers do, and everyone who reads it."""

from __future__ import annotations

from aws_cdk import CfnOutput, Duration
from aws_cdk import aws_kinesis as kinesis
from constructs import Construct

from stacks.config import StageConfig
from stacks.constructs.event_lake import EventLake
from stacks.constructs.function import FunctionSettings, MarqueeFunction
from stacks.constructs.grants import read_write_items
from stacks.constructs.lake_upkeep import LakeUpkeepFunction
from stacks.constructs.retention import removal_policy
from stacks.constructs.stack import MarqueeStack
from stacks.constructs.stream_reader import Delivery, StreamReader
from stacks.content_stack import ContentStack
from stacks.profiles_stack import ProfilesStack


class EventsStack(MarqueeStack):
    """One stream; a consumer for profiles, one for what is trending, and the lake."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: StageConfig,
        content: ContentStack,
        profiles: ProfilesStack,
    ) -> None:
        """Consumers write the tables of ``profiles`` and the buckets of ``content``."""
        super().__init__(scope, id, config=config)
        self._content, self._profiles = content, profiles
        self.stream = kinesis.Stream(
            self,
            "Stream",
            stream_mode=kinesis.StreamMode.ON_DEMAND,
            encryption=kinesis.StreamEncryption.MANAGED,
            retention_period=Duration.hours(config.event_retention_hours),
            removal_policy=removal_policy(config),
        )
        self.profile_consumer = self._profile_consumer(config)
        self.trending_consumer = self._trending_consumer(config)
        self.quality_widget = self._quality_widget(config)
        self.lake = EventLake(
            self, "Lake", config=config, stream=self.stream, bucket=content.lake_bucket
        )
        self.lake_upkeep = LakeUpkeepFunction(
            self,
            "LakeUpkeep",
            config=config,
            tables=self.lake.tables,
            bucket=content.lake_bucket,
        )
        for name, value in (
            ("EventStreamName", self.stream.stream_name),
            ("LakeDatabase", self.lake.tables.database_name),
            ("ProfileConsumerName", self.profile_consumer.function_name),
            ("TrendingConsumerName", self.trending_consumer.function_name),
        ):
            CfnOutput(self, name, value=value)

    def _profile_consumer(self, config: StageConfig) -> MarqueeFunction:
        # Its own 2 MB/s of every shard, pushed: what a viewer did counts in the next request,
        # whatever else reads the stream.
        fan_out = kinesis.StreamConsumer(
            self, "FanOut", stream=self.stream, stream_consumer_name="profiles"
        )
        profiles, table = self._profiles.profiles_table, self._profiles.viewing_table
        reader = StreamReader(
            self,
            "ProfileConsumer",
            config=config,
            settings=FunctionSettings(
                handler="profile_consumer",
                description="Merges events into each profile's history",
                environment={
                    "PROFILES_TABLE": profiles.table_name,
                    "VIEWING_TABLE": table.table_name,
                    "FAILURE_BUCKET": self._content.failure_bucket.bucket_name,
                },
                memory_mb=1024,
                timeout_seconds=60,
            ),
            source_arn=fan_out.stream_consumer_arn,
            delivery=Delivery(
                batch_size=500,
                window_seconds=0,
                parallelization=10,
                # A table that is away for an hour gets everything when it is back; a record
                # that breaks the function holds its lane up for minutes.
                retries=1000,
                # As long as the stream keeps them: a history must not lose an event to an outage.
                max_age_seconds=config.event_retention_hours * 3600,
            ),
            failures=self._content.failure_bucket,
        )
        fan_out.grant_read(reader.function)
        profiles.grant_read_data(reader.function)
        read_write_items(table, reader.function)
        table.grant(reader.function, "dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate")
        return reader.function

    def _trending_consumer(self, config: StageConfig) -> MarqueeFunction:
        table = self._profiles.trending_table
        reader = StreamReader(
            self,
            "TrendingConsumer",
            config=config,
            settings=FunctionSettings(
                handler="trending_consumer",
                description="Counts what is watched and how well it plays, by the hour",
                environment={
                    "QUALITY_COUNTRIES": " ".join(config.quality_countries),
                    "TRENDING_TABLE": table.table_name,
                    "FAILURE_BUCKET": self._content.failure_bucket.bucket_name,
                },
                timeout_seconds=60,
            ),
            source_arn=self.stream.stream_arn,
            delivery=Delivery(
                batch_size=500,
                window_seconds=5,
                parallelization=2,
                retries=1000,  # a table that is away is waited for
                # Windows take what happened in the last two days.
                max_age_seconds=config.event_retention_hours * 3600,
            ),
            failures=self._content.failure_bucket,
        )
        self.stream.grant_read(reader.function)
        read_write_items(table, reader.function)
        return reader.function

    def _quality_widget(self, config: StageConfig) -> MarqueeFunction:
        table = self._profiles.trending_table
        widget = MarqueeFunction(
            self,
            "QualityWidget",
            config=config,
            settings=FunctionSettings(
                handler="quality_widget",
                description="The dashboard's table of how playback goes",
                environment={"TRENDING_TABLE": table.table_name},
            ),
        )
        table.grant_read_data(widget)
        return widget
