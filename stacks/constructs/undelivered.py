"""Where what could not be delivered waits for somebody."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.constructs.acknowledge import acknowledge


class Undelivered(sqs.Queue):
    """A dead-letter queue that keeps messages as long as SQS can."""

    def __init__(self, scope: Construct, id: str = "Undelivered") -> None:
        """Under the name that it has everywhere."""
        super().__init__(
            scope,
            id,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        acknowledge(
            self,
            "it is the dead-letter queue itself",
            "AwsSolutions-SQS3",
            "Serverless-SQSRedrivePolicy",
        )
