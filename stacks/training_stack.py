"""Training: from what viewers did to a model that is better than the one that serves."""

from __future__ import annotations

from aws_cdk import CfnOutput, RemovalPolicy
from aws_cdk import aws_emrserverless as emrserverless
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.config import StageConfig
from stacks.constructs import metrics
from stacks.constructs.alarm import MarqueeAlarm
from stacks.constructs.large_hours import LargeHoursJob
from stacks.constructs.outcomes_job import OutcomesJob
from stacks.constructs.retention import retention
from stacks.constructs.stack import MarqueeStack
from stacks.constructs.topic import OperatorTopic
from stacks.constructs.training_job import TrainingJob
from stacks.constructs.training_steps import TrainingSteps
from stacks.constructs.training_triggers import TrainingTriggers
from stacks.constructs.workflow import TrainingWorkflow
from stacks.content_stack import ContentStack
from stacks.events_stack import EventsStack
from stacks.profiles_stack import ProfilesStack


class TrainingStack(MarqueeStack):
    """The training workflow, what starts it, and where its models are registered."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: StageConfig,
        content: ContentStack,
        profiles: ProfilesStack,
        events: EventsStack,
    ) -> None:
        """Read tables, imports and events; write models, popular titles and outcomes."""
        super().__init__(scope, id, config=config)
        steps = TrainingSteps(
            self,
            "Steps",
            config=config,
            viewing=profiles.viewing_table,
            titles=profiles.titles_table,
            trending=profiles.trending_table,
            lake=content.lake_bucket,
            models=content.model_bucket,
        )
        log_group = self._logs(config)
        self.failures = OperatorTopic(self, "Failures", email=config.alarm_email)
        self.state_machine = TrainingWorkflow(
            self,
            "Workflow",
            steps=steps.functions,
            job=TrainingJob(self, "Job", config=config.training, model_bucket=content.model_bucket),
            packages=self._packages(),
            failures=self.failures,
            log_group=log_group,
        ).state_machine
        self.triggers = TrainingTriggers(
            self,
            "Triggers",
            state_machine=self.state_machine,
            schedule=config.training.schedule,
            drift=self._drift(),
        )
        spark = self._spark(config)
        LargeHoursJob(
            self, "LargeHours", application=spark, lake=content.lake_bucket, log_group=log_group
        )
        self.outcomes = OutcomesJob(
            self,
            "Outcomes",
            application=spark,
            tables=events.lake.tables,
            lake=content.lake_bucket,
            log_group=log_group,
            schedule=config.outcomes_schedule,
        ).state_machine
        CfnOutput(self, "OutcomesArn", value=self.outcomes.state_machine_arn)
        CfnOutput(self, "StateMachineArn", value=self.state_machine.state_machine_arn)

    def _packages(self) -> sagemaker.CfnModelPackageGroup:
        return sagemaker.CfnModelPackageGroup(
            self,
            "Models",
            model_package_group_name=f"{self.stack_name}-models",
            model_package_group_description="Recommenders that passed the gate",
        )

    def _logs(self, config: StageConfig) -> logs.LogGroup:
        return logs.LogGroup(
            self,
            "WorkflowLogs",
            # Below this prefix the log's policy doesn't count against the account's limit.
            log_group_name=f"/aws/vendedlogs/states/{self.stack_name}",
            retention=retention(config.log_retention_days),
            removal_policy=RemovalPolicy.DESTROY,
        )

    def _drift(self) -> MarqueeAlarm:
        # A fresh artifact mends each cause of a fallback but a broken permission: no model, a
        # damaged one, one that knows too few of today's titles.
        return MarqueeAlarm(
            self,
            "RecommendationFallbacks",
            summary="Viewers get popular titles instead of recommendations.",
            metric=metrics.own_count(metrics.own_namespace(self.config), "RecommendationFallback"),
            threshold=20,
            evaluation_periods=3,
        )

    def _spark(self, config: StageConfig) -> emrserverless.CfnApplication:
        # Idle it costs nothing: no capacity is kept, and it stops by itself.
        return emrserverless.CfnApplication(
            self,
            "Spark",
            name=self.stack_name,
            type="SPARK",
            release_label="emr-7.9.0",
            architecture="ARM64",
            auto_start_configuration={"enabled": True},
            auto_stop_configuration={"enabled": True, "idleTimeoutMinutes": 5},
            maximum_capacity=emrserverless.CfnApplication.MaximumAllowedResourcesProperty(
                cpu="400 vCPU" if config.name == "prod" else "16 vCPU",
                memory="3000 GB" if config.name == "prod" else "64 GB",
                disk="20000 GB" if config.name == "prod" else "200 GB",
            ),
        )
