"""A function that reads the event stream, with every delivery setting said."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.config import StageConfig
from stacks.constructs.function import FunctionSettings, MarqueeFunction
from stacks.constructs.grants import FailureObjects, write_objects

# Where Lambda itself puts batches that it gave up, and where the functions put single records.
GIVEN_UP_PREFIX = "aws/lambda"
POISON_PREFIX = "poison"


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """How records come to a consumer, and when Lambda gives them up."""

    batch_size: int
    window_seconds: int
    parallelization: int  # concurrent batches of one shard; a partition key keeps its order
    retries: int
    max_age_seconds: int


class StreamReader(Construct):
    """A consumer function and its event source mapping.

    A batch is retried from its first failed record on, in halves; what still fails when its
    retries or its age run out is kept whole in the failure bucket, and the shard goes on.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: StageConfig,
        settings: FunctionSettings,
        source_arn: str,
        delivery: Delivery,
        failures: s3.Bucket,
    ) -> None:
        """``source_arn`` is the stream's, or a registered consumer's; grant its reading."""
        super().__init__(scope, id)
        self.function = MarqueeFunction(self, "Function", config=config, settings=settings)
        self.mapping = lambda_.EventSourceMapping(
            self,
            "Mapping",
            target=self.function.live,
            event_source_arn=source_arn,
            # From the beginning: what was accepted before the first deployment counts as well.
            starting_position=lambda_.StartingPosition.TRIM_HORIZON,
            batch_size=delivery.batch_size,
            max_batching_window=Duration.seconds(delivery.window_seconds),
            parallelization_factor=delivery.parallelization,
            retry_attempts=delivery.retries,
            max_record_age=Duration.seconds(delivery.max_age_seconds),
            bisect_batch_on_error=True,
            report_batch_item_failures=True,
            on_failure=FailureObjects(failures),
            # Counts what goes to that bucket as well: an alarm watches it.
            metrics_config=lambda_.MetricsConfig(metrics=[lambda_.MetricType.EVENT_COUNT]),
        )
        # Lambda tries the role's rights, those granted after this too, when it makes the mapping.
        self.mapping.node.add_dependency(self.function.execution_role)
        write_objects(failures, self.function, GIVEN_UP_PREFIX)
        write_objects(failures, self.function, POISON_PREFIX)
