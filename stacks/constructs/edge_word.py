"""The word by which the API knows CloudFront: made in the account, in no template."""

from __future__ import annotations

from aws_cdk import CustomResource
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from schemas.edge import word_name
from stacks.config import StageConfig
from stacks.constructs.acknowledge import acknowledge
from stacks.constructs.retention import removal_policy


class EdgeWord(Construct):
    """One secret with the word of this generation and the one before, which is still accepted."""

    def __init__(
        self, scope: Construct, id: str, *, config: StageConfig, maker: lambda_.IFunction
    ) -> None:
        """``maker`` writes the word of the stage's ``edge_generation`` into the secret."""
        super().__init__(scope, id)
        self.secret = secretsmanager.Secret(
            self,
            "Words",
            description="What CloudFront says to the API, by generation (JSON)",
            removal_policy=removal_policy(config),
        )
        acknowledge(
            self.secret,
            "turned over by raising its generation, since CloudFront must say the new word by then",
            "AwsSolutions-SMG4",
        )
        self.secret.grant_write(maker)
        self.secret.grant_read(maker)
        CustomResource(
            self,
            "Word",
            resource_type="Custom::EdgeWord",
            service_token=maker.function_arn,
            properties={
                "SecretArn": self.secret.secret_arn,
                "Generation": str(config.edge_generation),
            },
        )
        # By CloudFormation's dynamic reference: the template says where the word is, not the word.
        # It names the generation, since a reference is only looked up again where it has changed.
        self.reference = self.secret.secret_value_from_json(
            word_name(config.edge_generation)
        ).unsafe_unwrap()
