"""Thousands of titles: a map over a batch's manifest, so many at a time."""

from __future__ import annotations

from aws_cdk import Duration, Fn, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from stacks.constructs.acknowledge import acknowledge
from stacks.constructs.findings import wildcard_resource

BATCH_DAYS = 14
LABEL = "Titles"
# The title workflow could not be started. One that was started and failed is not prepared twice.
_BUSY = [
    "StepFunctions.ExecutionLimitExceeded",
    "StepFunctions.ExecutionLimitExceededException",
    "StepFunctions.ThrottlingException",
]


class _Manifest(sfn.S3JsonItemReader):
    """The library's own would let the map read the whole bucket."""

    def provide_policy_statements(self) -> list[iam.PolicyStatement]:
        """What the map's role may do to read a manifest."""
        manifests = self.bucket.arn_for_objects("batches/*/manifest.json")
        return [iam.PolicyStatement(actions=["s3:GetObject"], resources=[manifests])]


class TitleBatches(Construct):
    """Runs the title workflow for each entry of ``batches/<batch>/manifest.json``.

    A title that fails or is refused stops none of the others; the map run counts them.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        workflow: sfn.IStateMachine,
        ingest: s3.Bucket,
        concurrency: int,
        log_group: logs.ILogGroup,
    ) -> None:
        """The input is ``{"manifest": "batches/<batch>/manifest.json"}``."""
        super().__init__(scope, id)
        every = sfn.DistributedMap(
            self,
            "Every title",
            item_reader=_Manifest(bucket=ingest, key=sfn.JsonPath.string_at("$.manifest")),
            max_concurrency=concurrency,
            tolerated_failure_percentage=100,
            map_execution_type=sfn.StateMachineType.STANDARD,
            label=LABEL,
            result_path=sfn.JsonPath.DISCARD,
        )
        every.item_processor(self._prepare(workflow))
        self.state_machine = sfn.StateMachine(
            self,
            "StateMachine",
            definition_body=sfn.DefinitionBody.from_chainable(every),
            timeout=Duration.days(BATCH_DAYS),
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=log_group, level=sfn.LogLevel.ALL, include_execution_data=True
            ),
        )
        self._acknowledge(workflow, ingest)

    def _prepare(self, workflow: sfn.IStateMachine) -> tasks.StepFunctionsStartExecution:
        task = tasks.StepFunctionsStartExecution(
            self,
            "Prepare",
            state_machine=workflow,
            integration_pattern=sfn.IntegrationPattern.RUN_JOB,
            input=sfn.TaskInput.from_object({"key.$": "$.key"}),
            # The title and the outcome are enough: the rest is in the child's own history.
            result_selector={"outcome.$": "$.Status"},
            associate_with_parent=False,
        )
        task.add_retry(
            errors=_BUSY,
            interval=Duration.seconds(5),
            backoff_rate=2,
            max_attempts=6,
            max_delay=Duration.minutes(2),
            jitter_strategy=sfn.JitterType.FULL,  # many ask at once
        )
        return task

    def _acknowledge(self, workflow: sfn.IStateMachine, ingest: s3.Bucket) -> None:
        own = self.state_machine.state_machine_arn
        # The export that the manifest's reader makes anyway.
        bucket = Stack.of(ingest).export_value(ingest.bucket_arn)
        acknowledge(
            self.state_machine,
            "executions and batches are named as they start; log delivery and tracing know no "
            "resource",
            "AwsSolutions-IAM5[Resource::*]",
            wildcard_resource(self, f"{bucket}/batches/*/manifest.json"),
            wildcard_resource(self, f"{self._executions(workflow.state_machine_arn)}*"),
            wildcard_resource(self, f"{self._executions(own)}:*"),
            wildcard_resource(self, f"{self._executions(own)}/{LABEL}:*"),
        )

    def _executions(self, machine_arn: str) -> str:
        stack, name = Stack.of(self), Fn.select(6, Fn.split(":", machine_arn))
        return f"arn:aws:states:{stack.region}:{stack.account}:execution:{name}"
