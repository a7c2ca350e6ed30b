"""The state machine that trains, judges, publishes and verifies a model."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from stacks.constructs.acknowledge import acknowledge
from stacks.constructs.findings import wildcard_resource
from stacks.constructs.training_job import JOB_PREFIX, TrainingJob

# Only what a second attempt can mend. A job that failed on its data fails again, at a price.
_BUSY = ["SageMaker.ThrottlingException", "SageMaker.ResourceLimitExceeded"]
_THROTTLED = ["SageMaker.ThrottlingException", "SageMaker.SageMakerException"]


@dataclass(frozen=True, kw_only=True)
class Steps:
    """The functions that a run calls."""

    snapshot: lambda_.IFunction
    gate: lambda_.IFunction
    publish: lambda_.IFunction
    verify: lambda_.IFunction


class TrainingWorkflow(Construct):
    """Snapshot, train, gate; then register, publish and verify, or keep the incumbent."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        steps: Steps,
        job: TrainingJob,
        packages: sagemaker.CfnModelPackageGroup,
        failures: sns.ITopic,
        log_group: logs.ILogGroup,
    ) -> None:
        """A run that fails at any step says so, with its cause, to `failures`."""
        super().__init__(scope, id)
        self._failed = self._notify(failures)
        promoted = (
            self._register(job, packages)
            .next(self._invoke("Publish", steps.publish))
            .next(self._invoke("Verify", steps.verify))
            .next(sfn.Succeed(self, "Promoted"))
        )
        decide = (
            sfn.Choice(self, "Better than the incumbent?")
            .when(sfn.Condition.boolean_equals("$.promote", True), promoted)
            .otherwise(sfn.Succeed(self, "Kept incumbent"))
        )
        start = (
            self._invoke("Snapshot", steps.snapshot, {"run.$": "$$.Execution.Name"})
            .next(self._train(job))
            .next(self._invoke("Gate", steps.gate, _GATE_INPUT))
            .next(decide)
        )
        self.state_machine = sfn.StateMachine(
            self,
            "StateMachine",
            definition_body=sfn.DefinitionBody.from_chainable(start),
            timeout=Duration.hours(12),
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=log_group, level=sfn.LogLevel.ALL, include_execution_data=True
            ),
        )
        self._grant(job, packages)

    def _invoke(
        self, id: str, function: lambda_.IFunction, payload: dict[str, str] | None = None
    ) -> sfn.Chain:
        task = tasks.LambdaInvoke(
            self,
            id,
            lambda_function=function,
            payload=sfn.TaskInput.from_object(payload) if payload else None,
            payload_response_only=True,
            retry_on_service_exceptions=True,
        )
        task.add_catch(self._failed, result_path="$.error")
        return sfn.Chain.start(task)

    def _train(self, job: TrainingJob) -> sfn.CustomState:
        state = sfn.CustomState(
            self,
            "Train",
            state_json={
                "Type": "Task",
                "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
                "Parameters": job.request(),
                "ResultSelector": {"artifact_uri.$": "$.ModelArtifacts.S3ModelArtifacts"},
                "ResultPath": "$.training",
            },
        )
        state.add_retry(
            errors=_BUSY,
            interval=Duration.minutes(1),
            backoff_rate=2,
            max_attempts=5,
            max_delay=Duration.minutes(15),
        )
        state.add_catch(self._failed, result_path="$.error")
        return state

    def _register(
        self, job: TrainingJob, packages: sagemaker.CfnModelPackageGroup
    ) -> sfn.CustomState:
        state = sfn.CustomState(
            self,
            "Register",
            state_json={
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:sagemaker:createModelPackage",
                "Parameters": _package(job, packages),
                "ResultPath": "$.package",
            },
        )
        state.add_retry(
            errors=_THROTTLED, interval=Duration.seconds(5), backoff_rate=2, max_attempts=3
        )
        state.add_catch(self._failed, result_path="$.error")
        return state

    def _notify(self, topic: sns.ITopic) -> tasks.SnsPublish:
        publish = tasks.SnsPublish(
            self,
            "Say what failed",
            topic=topic,
            subject="Marquee: a training run failed",
            message=sfn.TaskInput.from_object(
                {
                    "run.$": "$$.Execution.Id",
                    "error.$": "$.error.Error",
                    "cause.$": "$.error.Cause",
                    "runbook": "docs/runbooks/TrainingFailed.md",
                }
            ),
            result_path=sfn.JsonPath.DISCARD,
        )
        publish.add_retry(max_attempts=3, interval=Duration.seconds(2), backoff_rate=2)
        publish.next(
            sfn.Fail(self, "Failed", error_path="$.error.Error", cause_path="$.error.Cause")
        )
        return publish

    def _grant(self, job: TrainingJob, packages: sagemaker.CfnModelPackageGroup) -> None:
        stack = Stack.of(self)
        jobs = stack.format_arn(
            service="sagemaker", resource="training-job", resource_name=f"{JOB_PREFIX}*"
        )
        # The .sync integration learns of the end of a job from a rule that it manages itself.
        rule = stack.format_arn(
            service="events",
            resource="rule",
            resource_name="StepFunctionsGetEventsForSageMakerTrainingJobsRule",
        )
        versions = stack.format_arn(
            service="sagemaker",
            resource="model-package",
            resource_name=f"{packages.model_package_group_name}/*",
        )
        acknowledge(
            self.state_machine,
            "jobs and model versions are named as they are made; log delivery and tracing know "
            "no resource",
            "AwsSolutions-IAM5[Resource::*]",
            wildcard_resource(self, jobs),
            wildcard_resource(self, versions),
        )
        allow = self.state_machine.add_to_role_policy
        allow(_statement("RunJobs", _JOB_ACTIONS, jobs))
        allow(_statement("WatchJobs", _RULE_ACTIONS, rule))
        allow(
            _statement(
                "RegisterModels",
                ["sagemaker:CreateModelPackage"],
                packages.attr_model_package_group_arn,
                versions,
            )
        )
        allow(
            iam.PolicyStatement(
                sid="PassJobRole",
                actions=["iam:PassRole"],
                resources=[job.role.role_arn],
                conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
            )
        )


_GATE_INPUT = {"run.$": "$.run", "artifact_uri.$": "$.training.artifact_uri"}
_JOB_ACTIONS = [
    "sagemaker:AddTags",
    "sagemaker:CreateTrainingJob",
    "sagemaker:DescribeTrainingJob",
    "sagemaker:StopTrainingJob",
]
_RULE_ACTIONS = ["events:DescribeRule", "events:PutRule", "events:PutTargets"]


def _statement(sid: str, actions: list[str], *resources: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(sid=sid, actions=actions, resources=list(resources))


def _package(job: TrainingJob, packages: sagemaker.CfnModelPackageGroup) -> dict[str, object]:
    return {
        "ModelPackageGroupName": packages.model_package_group_name,
        "ModelPackageDescription.$": "$.reason",
        # The gate has decided; who rolls back moves the pointer, not this.
        "ModelApprovalStatus": "Approved",
        "CustomerMetadataProperties": {"version.$": "$.version"},
        "InferenceSpecification": {
            "Containers": [{"Image": job.image, "ModelDataUrl.$": "$.artifact_uri"}],
            "SupportedContentTypes": ["application/json"],
            "SupportedResponseMIMETypes": ["application/json"],
        },
    }
