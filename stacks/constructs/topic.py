"""The topic on which AWS services tell the operators something."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from stacks.constructs.acknowledge import acknowledge


class OperatorTopic(sns.Topic):
    """An encrypted, TLS-only topic; an address, if the stage has one, is subscribed to it."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        publishers: Sequence[str] = (),
        email: str | None,
    ) -> None:
        """`publishers` are services that publish as themselves, not in a role."""
        key = kms.Key(
            scope,
            f"{id}Key",
            description="Encrypts what the platform tells its operators",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.DESTROY,  # messages are gone once delivered
        )
        super().__init__(scope, id, master_key=key, enforce_ssl=True)
        for service in publishers:
            principal = iam.ServicePrincipal(service)
            self.grant_publish(principal)
            # Without this the service's messages vanish: the topic's own grant names no key.
            key.grant(principal, "kms:Decrypt", "kms:GenerateDataKey*")
        if email:
            acknowledge(
                self.add_subscription(subscriptions.EmailSubscription(email)),
                "SNS repeats an e-mail for six hours by itself; what fails then is a wrong "
                "address, and the dashboard shows the alarm all the same",
                "Serverless-SNSRedrivePolicy",
            )
