"""The hourly function that makes the lake's hours whole and ends those past their retention."""

from __future__ import annotations

from aws_cdk import Duration, Size
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from constructs import Construct

from adapters.large_hours import ASKED_PREFIX
from schemas.lake import EVENTS, LANDING
from stacks.config import StageConfig
from stacks.constructs.function import FunctionSettings, MarqueeFunction, layer
from stacks.constructs.grants import read_objects, write_objects
from stacks.constructs.lake_tables import LakeTables
from stacks.constructs.wheels import LAKE_REQUIREMENTS

MEMORY_MB = 4096
SCRATCH_GB = 10
# Ten million records as Firehose packs them, which spill five times as much when they are sorted:
# half of the scratch room, and half of the time.
MOST_BYTES = 512 * 2**20
MINUTE_OF_THE_HOUR = 20


class LakeUpkeepFunction(Construct):
    """Reads ``landing/``, writes ``events/`` and that table's partitions; one at a time."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: StageConfig,
        tables: LakeTables,
        bucket: s3.Bucket,
    ) -> None:
        """Run at twenty past each hour: Firehose is done with the hour before by then."""
        super().__init__(scope, id)
        self.function = MarqueeFunction(
            self,
            "Function",
            config=config,
            settings=FunctionSettings(
                handler="lake_upkeep",
                description="Makes the lake's hours whole; ends those past their retention",
                environment={
                    "LAKE_BUCKET": bucket.bucket_name,
                    "LAKE_DATABASE": tables.database_name,
                    "LAKE_RETENTION_DAYS": str(config.lake_retention_days),
                    "LAKE_MOST_BYTES": str(MOST_BYTES),
                },
                memory_mb=MEMORY_MB,
                timeout_seconds=900,
                # Two at once could each delete what the other is about to show.
                reserved_concurrency=1,
                scratch=Size.gibibytes(SCRATCH_GB),
                failures="the next hour's run does what this one did not; an alarm watches",
            ),
            layers=[layer(self, config, LAKE_REQUIREMENTS)],
        )
        read_objects(bucket, self.function, LANDING)
        for prefix in (EVENTS, ASKED_PREFIX):
            read_objects(bucket, self.function, prefix)
            write_objects(bucket, self.function, prefix)
        self._delete(bucket)
        self._catalogue(tables)
        scheduler.Schedule(
            self,
            "Hourly",
            schedule=scheduler.ScheduleExpression.cron(minute=str(MINUTE_OF_THE_HOUR)),
            target=targets.LambdaInvoke(
                self.function.live, retry_attempts=2, max_event_age=Duration.minutes(30)
            ),
            description="Makes the hour before whole",
        )

    def _delete(self, bucket: s3.Bucket) -> None:
        iam.Grant.add_to_principal(
            grantee=self.function,
            actions=["s3:DeleteObject"],
            resource_arns=[
                bucket.arn_for_objects(f"{prefix}/*") for prefix in (EVENTS, ASKED_PREFIX)
            ],
        )

    def _catalogue(self, tables: LakeTables) -> None:
        self.function.add_to_role_policy(
            iam.PolicyStatement(
                sid="MovePartitions", actions=_PARTITIONS, resources=tables.arns(EVENTS)
            )
        )


_PARTITIONS = [
    f"glue:{action}"
    for action in (
        "BatchUpdatePartition",
        "CreatePartition",
        "DeletePartition",
        "GetPartition",
        "GetPartitions",
        "GetTable",
    )
]
