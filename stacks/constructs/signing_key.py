"""A key pair that CloudFront trusts: made in the account, its private half never seen."""

from __future__ import annotations

from aws_cdk import CustomResource, Stack
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from stacks.config import StageConfig
from stacks.constructs.acknowledge import acknowledge
from stacks.constructs.retention import removal_policy


class SigningKey(Construct):
    """One RSA-2048 pair. A new ``generation`` makes a new pair under a new public key."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: StageConfig,
        maker: lambda_.IFunction,
        generation: int,
    ) -> None:
        """``maker`` writes the private PEM into the secret and returns the public one."""
        super().__init__(scope, id)
        self.secret = secretsmanager.Secret(
            self,
            "PrivateKey",
            description=f"CloudFront signing key {id}, private half (PEM)",
            removal_policy=removal_policy(config),
        )
        acknowledge(
            self.secret,
            "rotated by raising its generation, since the public half must change with it",
            "AwsSolutions-SMG4",
        )
        self.secret.grant_write(maker)
        self.secret.grant_read(maker)
        pair = CustomResource(
            self,
            "Pair",
            resource_type="Custom::SigningKey",
            service_token=maker.function_arn,
            properties={"SecretArn": self.secret.secret_arn, "Generation": str(generation)},
        )
        # CloudFront never changes a public key in place, so each generation is a new resource.
        self.public_key = cloudfront.PublicKey(
            self, f"PublicKey{generation}", encoded_key=pair.get_att_string("PublicKeyPem")
        )
        # Exported whether it is the one in use or not: otherwise the export would go when the
        # other key takes over, while the stack that signs still holds on to it.
        stack = Stack.of(self)
        stack.export_value(self.secret.secret_arn)
        stack.export_value(self.public_key.public_key_id)
