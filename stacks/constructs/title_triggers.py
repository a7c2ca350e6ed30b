"""What starts the title workflow, and who is told where it fails."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as event_targets
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.constructs.undelivered import Undelivered

UNHAPPY_ENDS = ["FAILED", "TIMED_OUT", "ABORTED"]


class TitleTriggers(Construct):
    """A ``title.json`` below ``titles/`` starts the workflow; what can't start is kept."""

    def __init__(
        self, scope: Construct, id: str, *, workflow: sfn.IStateMachine, ingest: s3.Bucket
    ) -> None:
        """`ingest` sends its events to EventBridge."""
        super().__init__(scope, id)
        self.undelivered = Undelivered(self)
        events.Rule(
            self,
            "Delivered",
            description="Prepares a title when its title.json arrives",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created"],
                detail={
                    "bucket": {"name": [ingest.bucket_name]},
                    "object": {"key": [{"wildcard": "titles/*/title.json"}]},
                },
            ),
            targets=[
                event_targets.SfnStateMachine(
                    workflow,
                    input=events.RuleTargetInput.from_object(
                        {"key": events.EventField.from_path("$.detail.object.key")}
                    ),
                    dead_letter_queue=self.undelivered,
                    retry_attempts=20,
                    max_event_age=Duration.hours(12),
                )
            ],
        )

    def tell(
        self, id: str, *, machine: sfn.IStateMachine, topic: sns.ITopic, what: str, runbook: str
    ) -> None:
        """Tell operators of every execution that ends unhappily, with the runbook's name."""
        events.Rule(
            self,
            id,
            description=f"Tells operators which {what}, and why",
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={"stateMachineArn": [machine.state_machine_arn], "status": UNHAPPY_ENDS},
            ),
            targets=[
                event_targets.SnsTopic(
                    topic,
                    message=events.RuleTargetInput.from_object(
                        {
                            "execution": events.EventField.from_path("$.detail.executionArn"),
                            "status": events.EventField.from_path("$.detail.status"),
                            "input": events.EventField.from_path("$.detail.input"),
                            "error": events.EventField.from_path("$.detail.error"),
                            "cause": events.EventField.from_path("$.detail.cause"),
                            "runbook": f"docs/runbooks/{runbook}.md",
                        }
                    ),
                    dead_letter_queue=self.undelivered,
                    retry_attempts=20,
                    max_event_age=Duration.hours(12),
                )
            ],
        )
