"""From any alarm of the stage to the operators' topic."""

from __future__ import annotations

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sns as sns
from constructs import Construct

from stacks.constructs.undelivered import Undelivered


class AlarmFeed(Construct):
    """One rule instead of an action on each alarm.

    Alarms also stand in stacks that are deployed before this one and can't know its topic; and
    an alarm that somebody adds is heard without being told where to speak.
    """

    def __init__(self, scope: Construct, id: str, *, stage: str, topic: sns.ITopic) -> None:
        """The topic must let events.amazonaws.com publish."""
        super().__init__(scope, id)
        undelivered = Undelivered(self)
        detail = events.EventField.from_path
        message = events.RuleTargetInput.from_multiline_text(
            f"{detail('$.detail.state.value')}: {detail('$.detail.alarmName')}\n"
            f"{detail('$.detail.configuration.description')}\n"
            f"{detail('$.detail.state.reason')}\n"
            f"Before: {detail('$.detail.previousState.value')}, at {detail('$.time')}"
        )
        events.Rule(
            self,
            "Rule",
            description="Alarms of this stage that start or end",
            event_pattern=events.EventPattern(
                source=["aws.cloudwatch"],
                detail_type=["CloudWatch Alarm State Change"],
                detail={
                    # CloudFormation begins the name of an alarm with that of its stack.
                    "alarmName": [{"prefix": f"marquee-{stage}-"}],
                    # A new alarm that is well at once, and one that lost its data, are no news.
                    "$or": [
                        {"state": {"value": ["ALARM"]}},
                        {"state": {"value": ["OK"]}, "previousState": {"value": ["ALARM"]}},
                    ],
                },
            ),
            targets=[
                targets.SnsTopic(
                    topic, message=message, dead_letter_queue=undelivered, retry_attempts=5
                )
            ],
        )
