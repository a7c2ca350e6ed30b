"""Packaging: from a studio's file to a title that plays."""

from __future__ import annotations

from aws_cdk import CfnOutput, RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.config import StageConfig
from stacks.constructs import metrics
from stacks.constructs.alarm import MarqueeAlarm
from stacks.constructs.retention import retention
from stacks.constructs.stack import MarqueeStack
from stacks.constructs.title_batches import TitleBatches
from stacks.constructs.title_steps import PackagingRole, TitleSteps
from stacks.constructs.title_triggers import TitleTriggers
from stacks.constructs.title_workflow import TitleWorkflow
from stacks.constructs.topic import OperatorTopic
from stacks.content_stack import ContentStack
from stacks.profiles_stack import ProfilesStack


class PackagingStack(MarqueeStack):
    """The title workflow, what starts it one by one or by the batch, and its alarms."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: StageConfig,
        content: ContentStack,
        profiles: ProfilesStack,
    ) -> None:
        """Read the ingest bucket; write the media bucket and the titles table."""
        super().__init__(scope, id, config=config)
        ingest = content.ingest_bucket
        self.workflow = TitleWorkflow(
            self,
            "Title",
            steps=TitleSteps(
                self,
                "Steps",
                config=config,
                titles=profiles.titles_table,
                ingest=ingest,
                media=content.media_bucket,
            ),
            role=PackagingRole(self, "JobRole", ingest=ingest),
            log_group=self._logs("title"),
            hours=config.packaging.max_runtime_hours,
        ).state_machine
        self.batches = TitleBatches(
            self,
            "Batch",
            workflow=self.workflow,
            ingest=ingest,
            concurrency=config.packaging.concurrency,
            log_group=self._logs("batch"),
        ).state_machine
        self.failures = OperatorTopic(
            self, "Failures", publishers=("events.amazonaws.com",), email=config.alarm_email
        )
        self.triggers = TitleTriggers(self, "Triggers", workflow=self.workflow, ingest=ingest)
        self.triggers.tell(
            "Failed",
            machine=self.workflow,
            topic=self.failures,
            what="title could not be prepared",
            runbook="PackagingFailed",
        )
        self.triggers.tell(
            "BatchFailed",
            machine=self.batches,
            topic=self.failures,
            what="batch came to an end before its titles did",
            runbook="BatchFailed",
        )
        self._alarms()
        CfnOutput(self, "TitleWorkflowArn", value=self.workflow.state_machine_arn)
        CfnOutput(self, "BatchWorkflowArn", value=self.batches.state_machine_arn)

    def _logs(self, name: str) -> logs.LogGroup:
        return logs.LogGroup(
            self,
            f"{name.capitalize()}Logs",
            # Below this prefix the log's policy doesn't count against the account's limit.
            log_group_name=f"/aws/vendedlogs/states/{self.stack_name}-{name}",
            retention=retention(self.config.log_retention_days),
            removal_policy=RemovalPolicy.DESTROY,
        )

    def _alarms(self) -> None:
        MarqueeAlarm(
            self,
            "PackagingFailed",
            summary="A title could not be prepared: a step failed, ran out of time or was stopped.",
            metric=metrics.unfinished(
                self.workflow.state_machine_arn, label="Titles that could not be prepared"
            ),
            threshold=1,
            evaluation_periods=1,
        )
        MarqueeAlarm(
            self,
            "BatchFailed",
            summary="A batch failed as a whole, ran out of time or was stopped: some of its titles "
            "were not looked at.",
            metric=metrics.unfinished(
                self.batches.state_machine_arn, label="Batches that failed as a whole"
            ),
            threshold=1,
            evaluation_periods=1,
        )
        MarqueeAlarm(
            self,
            "PackagingNotStarted",
            summary="A delivered title could not be started on, or a failure not be told of.",
            metric=metrics.undelivered(self.triggers.undelivered.queue_name),
            threshold=1,
            evaluation_periods=1,
        )
