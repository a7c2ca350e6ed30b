"""What starts a training run: the clock, and an alarm on what is served."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as event_targets
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as scheduler_targets
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.constructs.undelivered import Undelivered


class TrainingTriggers(Construct):
    """A schedule where the stage has one, and the drift alarm; what can't start is kept."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        state_machine: sfn.IStateMachine,
        schedule: str | None,
        drift: cloudwatch.IAlarm,
    ) -> None:
        """`schedule` is an EventBridge Scheduler expression, in UTC."""
        super().__init__(scope, id)
        self.undelivered = Undelivered(self)
        if schedule:
            scheduler.Schedule(
                self,
                "Nightly",
                schedule=scheduler.ScheduleExpression.expression(schedule),
                target=scheduler_targets.StepFunctionsStartExecution(
                    state_machine,
                    dead_letter_queue=self.undelivered,
                    retry_attempts=5,
                    max_event_age=Duration.hours(6),
                ),
                description="Trains on everything up to now",
            )
        events.Rule(
            self,
            "Drift",
            description="Trains when the served recommendations fall back or miss",
            event_pattern=events.EventPattern(
                source=["aws.cloudwatch"],
                detail_type=["CloudWatch Alarm State Change"],
                resources=[drift.alarm_arn],
                detail={"state": {"value": ["ALARM"]}},
            ),
            targets=[
                event_targets.SfnStateMachine(
                    state_machine,
                    dead_letter_queue=self.undelivered,
                    retry_attempts=5,
                    max_event_age=Duration.hours(1),
                )
            ],
        )
