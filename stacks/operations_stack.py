"""Operations: what tells people that something is wrong, and what helps them to mend it."""

from __future__ import annotations

from aws_cdk import CfnOutput
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.api_stack import ApiStack
from stacks.config import StageConfig
from stacks.constructs.alarm import alarms_of
from stacks.constructs.alarm_feed import AlarmFeed
from stacks.constructs.canary import ViewerCanary
from stacks.constructs.dashboard import PlatformDashboard
from stacks.constructs.metrics import own_namespace
from stacks.constructs.model_rollback import ModelRollback
from stacks.constructs.platform_alarms import (
    ApiAlarms,
    DeliveryAlarms,
    EventAlarms,
    UpkeepAlarms,
    Watched,
)
from stacks.constructs.spending import MonthlySpend
from stacks.constructs.stack import MarqueeStack
from stacks.constructs.table_backups import TableBackups
from stacks.constructs.topic import OperatorTopic
from stacks.content_stack import ContentStack
from stacks.delivery_stack import DeliveryStack
from stacks.events_stack import EventsStack
from stacks.packaging_stack import PackagingStack
from stacks.profiles_stack import ProfilesStack
from stacks.streaming_stack import StreamingStack
from stacks.training_stack import TrainingStack


class OperationsStack(MarqueeStack):
    """Alarms, dashboard, canary, budget, model rollback and backups of a stage."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: StageConfig,
        content: ContentStack,
        profiles: ProfilesStack,
        events: EventsStack,
        api: ApiStack,
        streaming: StreamingStack,
        delivery: DeliveryStack,
        training: TrainingStack,
        packaging: PackagingStack,
    ) -> None:
        """Look at every other stack, and change none."""
        super().__init__(scope, id, config=config)
        tables = [
            profiles.profiles_table,
            profiles.viewing_table,
            profiles.titles_table,
            profiles.trending_table,
        ]
        canary = ViewerCanary(
            self,
            "Canary",
            config=config,
            domain=delivery.distribution.domain_name,
            results=content.log_bucket,
        )
        self.watched = Watched(
            namespace=own_namespace(config),
            api_id=api.http_api.api_id,
            consumers=[
                events.profile_consumer.function_name,
                events.trending_consumer.function_name,
            ],
            event_sources=_event_sources(events),
            stream_name=events.stream.stream_name,
            firehose_name=events.lake.delivery.ref,
            tables=[table.table_name for table in tables],
            group_name=streaming.group.auto_scaling_group_name,
            fleet_maximum=config.fleet.maximum,
            distribution_id=delivery.distribution.distribution_id,
            state_machine_arn=training.state_machine.state_machine_arn,
            outcomes_arn=training.outcomes.state_machine_arn,
            quality_widget_arn=events.quality_widget.live.function_arn,
            undelivered_queue=training.triggers.undelivered.queue_name,
            canary_name=canary.canary_name,
        )
        self._alarms(config, streaming)
        ModelRollback(
            self,
            "ModelRollback",
            name=f"{self.stack_name}-roll-back-model",
            model_bucket=content.model_bucket,
        )
        TableBackups(self, "Backups", config=config, tables=tables)
        self._dashboard(
            [
                alarm
                for stack in (api, streaming, training, packaging, self)
                for alarm in alarms_of(stack)
            ]
        )

    def _alarms(self, config: StageConfig, streaming: StreamingStack) -> None:
        api = ApiAlarms(self, "ApiAlarms", watched=self.watched)
        EventAlarms(self, "EventAlarms", watched=self.watched)
        delivery = DeliveryAlarms(self, "DeliveryAlarms", watched=self.watched)
        UpkeepAlarms(self, "UpkeepAlarms", watched=self.watched)
        # The one to page on. The others say why.
        cloudwatch.CompositeAlarm(
            self,
            "ViewersAffected",
            # Named, since CDK's own name for it would not begin as the feed expects.
            composite_alarm_name=f"marquee-{config.name}-ViewersAffected",
            alarm_description="Viewers cannot browse or cannot play. "
            "Runbook: docs/runbooks/ViewersAffected.md",
            alarm_rule=cloudwatch.AlarmRule.any_of(
                api.errors, api.latency, delivery.origin, delivery.visitor, *streaming.alarms
            ),
        )
        topic = OperatorTopic(
            self,
            "Operators",
            publishers=("events.amazonaws.com", "budgets.amazonaws.com"),
            email=config.alarm_email,
        )
        AlarmFeed(self, "AlarmFeed", stage=config.name, topic=topic)
        MonthlySpend(self, "MonthlySpend", usd=config.monthly_budget_usd, topic=topic)

    def _dashboard(self, alarms: list[cloudwatch.IAlarm]) -> None:
        dashboard = PlatformDashboard(
            self, "Dashboard", name=self.stack_name, watched=self.watched, alarms=alarms
        )
        CfnOutput(self, "DashboardName", value=dashboard.dashboard_name)


def _event_sources(events: EventsStack) -> list[str]:
    """The ids of every mapping between the stream and a consumer."""
    return [
        node.event_source_mapping_id
        for node in events.node.find_all()
        if isinstance(node, lambda_.EventSourceMapping)
    ]
