"""Replica: where a stage's objects and table replicas arrive in its second region."""

from __future__ import annotations

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.config import StageConfig
from stacks.constructs.bucket import MarqueeBucket
from stacks.constructs.lifecycle import replicated_rules
from stacks.constructs.stack import MarqueeStack

REPLICATED = ("Media", "Lake", "Models")


def replica_bucket_name(config: StageConfig, id: str, account: str) -> str:
    """The one physical name of a bucket: another region has to know it before it exists."""
    return f"marquee-{config.name}-{id.lower()}-{account}-{config.replica_region}"


def replica_key_alias(config: StageConfig) -> str:
    """The alias of the key that encrypts the tables' replicas."""
    return f"alias/marquee-{config.name}-tables"


def replica_key_arn(config: StageConfig, account: str) -> str:
    """That alias as the first region names it."""
    alias = replica_key_alias(config)
    return f"arn:{Aws.PARTITION}:kms:{config.replica_region}:{account}:{alias}"


class ReplicaStack(MarqueeStack):
    """Replica buckets and the tables' key, deployed before what replicates to them."""

    def __init__(self, scope: Construct, id: str, *, config: StageConfig) -> None:
        """In the stage's second region."""
        super().__init__(scope, id, config=config, region=config.replica_region)
        logs = MarqueeBucket(self, "Logs", config=config)
        for name in REPLICATED:
            MarqueeBucket(
                self,
                name,
                config=config,
                log_bucket=logs,
                lifecycle=replicated_rules(name),
                bucket_name=replica_bucket_name(config, name, self.account),
            )
        kms.Key(
            self,
            "TableKey",
            description=f"Marquee {config.name}: replicas of the tables",
            enable_key_rotation=True,
            alias=replica_key_alias(config),
            removal_policy=RemovalPolicy.RETAIN,
        )
