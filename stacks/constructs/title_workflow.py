"""The state machine that turns a delivery into a title that plays."""

from __future__ import annotations

from aws_cdk import Aws, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from stacks.constructs.acknowledge import acknowledge
from stacks.constructs.findings import wildcard_resource
from stacks.constructs.title_steps import PackagingRole, TitleSteps

# A second attempt mends these. A job that fails on its source fails again, at a price.
_BUSY = ["MediaConvert.TooManyRequestsException", "MediaConvert.InternalServerErrorException"]
_PASSING = ["RetryLaterError", "ThrottledError"]


class TitleWorkflow(Construct):
    """Examine; then package, check, arrange and list, or say that it is refused.

    No step's failure is caught: the execution fails where it stands, which is where it can be
    re-driven from. Nothing is listed before the last step.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        steps: TitleSteps,
        role: PackagingRole,
        log_group: logs.ILogGroup,
        hours: int,
    ) -> None:
        """An execution may take `hours`; its input is ``{"key": "titles/<id>/title.json"}``."""
        super().__init__(scope, id)
        listed = self._invoke("List", steps.list, _LISTING)
        package = (
            self._package(role, hours)
            .next(self._invoke("Check", steps.check, _ORDER, "$.segments"))
            .next(self._invoke("Arrange", steps.arrange, _ORDER, "$.arranged"))
            .next(listed)
        )
        decide = (
            sfn.Choice(self, "What is to be done?")
            .when(_is("refused"), sfn.Succeed(self, "Refused"))
            .when(_is("unchanged"), listed)
            .otherwise(package)
        )
        examine = self._invoke("Examine", steps.examine, {"key.$": "$.key"}, "$")
        self.state_machine = sfn.StateMachine(
            self,
            "StateMachine",
            definition_body=sfn.DefinitionBody.from_chainable(examine.next(decide)),
            timeout=Duration.hours(hours),
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=log_group, level=sfn.LogLevel.ALL, include_execution_data=True
            ),
        )
        self._grant(role)

    def _invoke(
        self,
        id: str,
        function: lambda_.IFunction,
        payload: dict[str, str],
        result_path: str | None = None,
    ) -> sfn.Chain:
        task = tasks.LambdaInvoke(
            self,
            id,
            lambda_function=function,
            payload=sfn.TaskInput.from_object(payload),
            payload_response_only=True,
            retry_on_service_exceptions=True,
            result_path=result_path,
            task_timeout=sfn.Timeout.duration(Duration.minutes(16)),
        )
        task.add_retry(
            errors=_PASSING, interval=Duration.seconds(5), backoff_rate=2, max_attempts=4
        )
        return sfn.Chain.start(task)

    def _package(self, role: iam.IRole, hours: int) -> sfn.CustomState:
        state = sfn.CustomState(
            self,
            "Package",
            state_json={
                "Type": "Task",
                "Resource": "arn:aws:states:::mediaconvert:createJob.sync",
                "Parameters": {
                    "Role": role.role_arn,
                    "Queue": self._queue,
                    "Settings.$": "$.job",
                    "StatusUpdateInterval": "SECONDS_60",
                    "UserMetadata": {
                        "title_id.$": "$.order.title_id",
                        "execution.$": "$$.Execution.Name",
                    },
                },
                "ResultSelector": {"id.$": "$.Job.Id"},
                "ResultPath": "$.packaging",
                "TimeoutSeconds": hours * 3600,
            },
        )
        state.add_retry(
            errors=_BUSY,
            interval=Duration.seconds(30),
            backoff_rate=2,
            max_attempts=6,
            max_delay=Duration.minutes(10),
        )
        return state

    @property
    def _queue(self) -> str:
        """The account's own on-demand queue: there always is one, and it costs nothing idle."""
        return Stack.of(self).format_arn(
            service="mediaconvert", resource="queues", resource_name="Default"
        )

    def _grant(self, role: iam.IRole) -> None:
        stack = Stack.of(self)
        jobs = stack.format_arn(service="mediaconvert", resource="jobs", resource_name="*")
        # The .sync integration learns of the end of a job from a rule that it manages itself.
        rule = stack.format_arn(
            service="events",
            resource="rule",
            resource_name="StepFunctionsGetEventsForMediaConvertJobRule",
        )
        acknowledge(
            self.state_machine,
            "jobs are named as they are made; log delivery and tracing know no resource",
            "AwsSolutions-IAM5[Resource::*]",
            wildcard_resource(self, jobs),
        )
        for sid, actions, resource in (
            ("StartJobs", ["mediaconvert:CreateJob"], self._queue),
            ("WatchJobs", ["mediaconvert:GetJob", "mediaconvert:CancelJob"], jobs),
            ("HearOfJobs", ["events:DescribeRule", "events:PutRule", "events:PutTargets"], rule),
        ):
            self.state_machine.add_to_role_policy(
                iam.PolicyStatement(sid=sid, actions=actions, resources=[resource])
            )
        self.state_machine.add_to_role_policy(
            iam.PolicyStatement(
                sid="PassJobRole",
                actions=["iam:PassRole"],
                resources=[role.role_arn],
                conditions={
                    "StringEquals": {"iam:PassedToService": f"mediaconvert.{Aws.URL_SUFFIX}"}
                },
            )
        )


def _is(outcome: str) -> sfn.Condition:
    return sfn.Condition.string_equals("$.outcome", outcome)


_ORDER = {
    name + ".$": f"$.order.{name}"
    for name in (
        "title_id", "content_hash", "bucket", "source", "folder", "mezzanine", "audio",
        "subtitles", "poster",
    )
}  # fmt: skip
_LISTING = {"delivered_at.$": "$.delivered_at", "item.$": "$.item", "order.$": "$.order"}
