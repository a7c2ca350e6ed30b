"""The functions of the training workflow, each with no more than its step needs."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.config import StageConfig
from stacks.constructs.function import FunctionSettings, MarqueeFunction
from stacks.constructs.grants import read_objects, read_write_items, write_objects
from stacks.constructs.workflow import Steps

# A snapshot reads two tables to their end; the other steps read an artifact of some megabytes.
SNAPSHOT_SECONDS = 900
STEP_SECONDS = 120
MEMORY_MB = 1769


class TrainingSteps(Construct):
    """Snapshot, gate, publish and verify."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: StageConfig,
        viewing: dynamodb.ITable,
        titles: dynamodb.ITable,
        trending: dynamodb.ITable,
        lake: s3.Bucket,
        models: s3.Bucket,
    ) -> None:
        """Make the four functions and grant each its part of tables and buckets."""
        super().__init__(scope, id)
        self._config = config
        model_bucket = {"MODEL_BUCKET": models.bucket_name}
        snapshot = self._function(
            "Snapshot",
            "training_snapshot",
            "Exports catalogue and interactions for a training run",
            {
                "VIEWING_TABLE": viewing.table_name,
                "TITLES_TABLE": titles.table_name,
                "LAKE_BUCKET": lake.bucket_name,
                **model_bucket,
            },
            seconds=SNAPSHOT_SECONDS,
        )
        viewing.grant_read_data(snapshot)
        titles.grant_read_data(snapshot)
        read_objects(lake, snapshot, "imports")
        read_objects(models, snapshot, "snapshots")
        write_objects(models, snapshot, "snapshots")
        gate = self._function(
            "Gate", "model_gate", "Compares a candidate with the incumbent", model_bucket
        )
        read_objects(models, gate, "jobs")
        read_objects(models, gate, "models")
        publish = self._function(
            "Publish",
            "model_publish",
            "Publishes an artifact, then the pointer to it",
            {"TRENDING_TABLE": trending.table_name, **model_bucket},
        )
        read_objects(models, publish, "jobs")
        read_objects(models, publish, "models")
        write_objects(models, publish, "models")
        read_write_items(trending, publish)
        verify = self._function(
            "Verify", "model_verify", "Loads what is published as the API would", model_bucket
        )
        read_objects(models, verify, "models")
        self.functions = Steps(
            snapshot=snapshot.live, gate=gate.live, publish=publish.live, verify=verify.live
        )

    def _function(
        self,
        id: str,
        handler: str,
        description: str,
        environment: Mapping[str, str],
        *,
        seconds: int = STEP_SECONDS,
    ) -> MarqueeFunction:
        settings = FunctionSettings(
            handler=handler,
            description=description,
            environment=environment,
            memory_mb=MEMORY_MB,
            timeout_seconds=seconds,
        )
        return MarqueeFunction(self, id, config=self._config, settings=settings)
