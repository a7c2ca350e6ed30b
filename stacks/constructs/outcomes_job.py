"""The Spark job that joins impressions with what came of them, and the workflow that runs it."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import Duration, Stack
from aws_cdk import aws_emrserverless as emrserverless
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as s3_assets
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from schemas.lake import EVENTS, OUTCOMES
from stacks.constructs.grants import read_objects, write_objects
from stacks.constructs.lake_tables import LakeTables
from stacks.constructs.outcomes_states import outcomes_definition
from stacks.constructs.spark_runs import allow, job_role, let_run, statement

CODE = Path(__file__).resolve().parents[2] / "operations" / "spark" / "outcomes.py"


class OutcomesJob(Construct):
    """``outcomes`` of the day before yesterday, whose last outcomes are in the lake by now."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        application: emrserverless.CfnApplication,
        tables: LakeTables,
        lake: s3.Bucket,
        log_group: logs.ILogGroup,
        schedule: str | None,
    ) -> None:
        """`schedule` is an EventBridge Scheduler expression, in UTC; None: by hand only."""
        super().__init__(scope, id)
        self._application, self._tables, self._lake = application, tables, lake
        self._code = s3_assets.Asset(self, "Code", path=str(CODE))
        self.role = self._role()
        self.state_machine = sfn.StateMachine(
            self,
            "StateMachine",
            definition_body=sfn.DefinitionBody.from_string(self._definition()),
            timeout=Duration.hours(6),
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=log_group, level=sfn.LogLevel.ALL, include_execution_data=True
            ),
        )
        self._grant()
        if schedule:
            scheduler.Schedule(
                self,
                "Daily",
                schedule=scheduler.ScheduleExpression.expression(schedule),
                target=targets.StepFunctionsStartExecution(
                    self.state_machine, retry_attempts=5, max_event_age=Duration.hours(6)
                ),
                description="Joins the impressions of two days ago with what came of them",
            )

    def _definition(self) -> str:
        return Stack.of(self).to_json_string(
            outcomes_definition(
                application_id=self._application.attr_application_id,
                role_arn=self.role.role_arn,
                entry_point=self._code.s3_object_url,
                database=self._tables.database_name,
                location=self._lake.s3_url_for_object(OUTCOMES),
            )
        )

    def _role(self) -> iam.Role:
        role = job_role(
            self,
            code=self._code,
            description="Spark job: reads events of the lake, writes outcomes",
        )
        read_objects(self._lake, role, EVENTS)
        read_objects(self._lake, role, OUTCOMES)
        write_objects(self._lake, role, OUTCOMES)
        # Spark deletes what a try of its own left in the folder that it writes anew.
        own = self._lake.arn_for_objects(f"{OUTCOMES}/*")
        allow(role, "CleanOutput", ["s3:DeleteObject"], own)
        allow(role, "ReadSchema", _READ_SCHEMA, *self._tables.arns(EVENTS))
        return role

    def _grant(self) -> None:
        let_run(self.state_machine, self._application, self.role)
        show = statement("ShowDay", _SHOW, *self._tables.arns(OUTCOMES))
        self.state_machine.add_to_role_policy(show)


_READ_SCHEMA = ["glue:GetDatabase", "glue:GetPartition", "glue:GetPartitions", "glue:GetTable"]
_SHOW = ["glue:BatchUpdatePartition", "glue:CreatePartition"]
