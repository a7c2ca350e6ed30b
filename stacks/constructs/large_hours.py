"""The Spark job that makes hours of the lake whole which are too large for the function."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_emrserverless as emrserverless
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as s3_assets
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from adapters.large_hours import ASKED_PREFIX
from schemas.lake import EVENTS, LANDING, landing_schema
from stacks.constructs.acknowledge import acknowledge
from stacks.constructs.grants import read_objects, write_objects
from stacks.constructs.spark_runs import allow, job_role, let_run

CODE = Path(__file__).resolve().parents[2] / "operations" / "spark" / "hours.py"
# Less than the patience of who asks (adapters/large_hours.py): no two write one folder.
MINUTES = 240
_SPARK = (
    "--conf spark.executor.cores=4 --conf spark.executor.memory=24g "
    "--conf spark.dynamicAllocation.maxExecutors=90"
)


class LargeHoursJob(Construct):
    """Upkeep's object below ``asked/`` starts it; upkeep shows what it has written.

    A job that fails is asked for again, and the hour is said to be behind meanwhile.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        application: emrserverless.CfnApplication,
        lake: s3.Bucket,
        log_group: logs.ILogGroup,
    ) -> None:
        """`lake` sends its events to EventBridge."""
        super().__init__(scope, id)
        self._application, self._lake = application, lake
        self._code = s3_assets.Asset(self, "Code", path=str(CODE))
        self.role = self._role()
        self.state_machine = sfn.StateMachine(
            self,
            "StateMachine",
            definition_body=sfn.DefinitionBody.from_string(
                Stack.of(self).to_json_string(self._definition())
            ),
            timeout=Duration.minutes(MINUTES + 15),
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=log_group, level=sfn.LogLevel.ALL, include_execution_data=True
            ),
        )
        let_run(self.state_machine, application, self.role)
        self._trigger()

    def _role(self) -> iam.Role:
        role = job_role(
            self, code=self._code, description="Spark job: reads what landed, writes events"
        )
        for prefix in (LANDING, EVENTS):
            read_objects(self._lake, role, prefix)
        write_objects(self._lake, role, EVENTS)
        # Spark deletes what a try of its own left in the folder that it writes anew.
        own = self._lake.arn_for_objects(f"{EVENTS}/*")
        allow(role, "CleanOutput", ["s3:DeleteObject"], own)
        return role

    def _definition(self) -> dict[str, Any]:
        """``{"key": "asked/day=2026-11-23/hour=19/<generation>", "etag": …}`` is asked for."""
        bucket = self._lake.s3_url_for_object()
        parts = "$split($states.input.key, '/')"
        hour = f"({parts})[1] & '/' & ({parts})[2] & '/'"
        return {
            "QueryLanguage": "JSONata",
            "StartAt": "Make the hour whole",
            "States": {
                "Make the hour whole": {
                    "Type": "Task",
                    "Resource": "arn:aws:states:::emr-serverless:startJobRun.sync",
                    "Arguments": self._job(
                        landed=f"{{% '{bucket}/{LANDING}/' & {hour} %}}",
                        output=f"{{% '{bucket}/{EVENTS}/' & {hour} & ({parts})[3] & '/' %}}",
                    ),
                    "Retry": [
                        {
                            "ErrorEquals": ["EMRServerless.ThrottlingException"],
                            "IntervalSeconds": 60,
                            "MaxAttempts": 4,
                            "BackoffRate": 2,
                        }
                    ],
                    "End": True,
                }
            },
        }

    def _job(self, *, landed: str, output: str) -> dict[str, Any]:
        return {
            "ApplicationId": self._application.attr_application_id,
            "ExecutionRoleArn": self.role.role_arn,
            "Name": "large hour",
            # The same for a notification that comes twice, another each time that it is asked for:
            # no two jobs write one folder.
            "ClientToken": "{% $split($states.input.key, '/')[3] & '-' & $states.input.etag %}",
            "ExecutionTimeoutMinutes": MINUTES,
            "JobDriver": {
                "SparkSubmit": {
                    "EntryPoint": self._code.s3_object_url,
                    "EntryPointArguments": [
                        *("--columns", landing_schema()),
                        *("--landed", landed),
                        *("--output", output),
                    ],
                    "SparkSubmitParameters": _SPARK,
                }
            },
        }

    def _trigger(self) -> None:
        rule = events.Rule(
            self,
            "Asked",
            description="Makes an hour whole that upkeep has no room for",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created"],
                detail={
                    "bucket": {"name": [self._lake.bucket_name]},
                    "object": {"key": [{"prefix": f"{ASKED_PREFIX}/"}]},
                },
            ),
            targets=[
                targets.SfnStateMachine(
                    self.state_machine,
                    input=events.RuleTargetInput.from_object(
                        {
                            name: events.EventField.from_path(f"$.detail.object.{name}")
                            for name in ("key", "etag")
                        }
                    ),
                    retry_attempts=20,
                    max_event_age=Duration.hours(1),
                )
            ],
        )
        acknowledge(
            rule,
            "upkeep asks again for what did not start, and says that the hour is behind",
            "Serverless-EventBusDLQ",
        )
