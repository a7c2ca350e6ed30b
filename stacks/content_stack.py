"""Content: the buckets, the keys that sign for what they hold, the word of the edge."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Aws, CfnOutput
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.config import StageConfig
from stacks.constructs.bucket import MarqueeBucket
from stacks.constructs.edge_word import EdgeWord
from stacks.constructs.function import FunctionSettings, MarqueeFunction
from stacks.constructs.lifecycle import archived, expire, replicated_rules
from stacks.constructs.signing_key import SigningKey
from stacks.constructs.stack import MarqueeStack
from stacks.network_stack import NetworkStack
from stacks.replica_stack import replica_bucket_name

# A failed execution may be re-driven for 14 days from its end, and needs what its job left.
STAGING_DAYS = 15


class ContentStack(MarqueeStack):
    """Buckets by class of object: what ages alike lies together."""

    def __init__(
        self, scope: Construct, id: str, *, config: StageConfig, network: NetworkStack
    ) -> None:
        """The fleet reads the media bucket through the network's S3 endpoint."""
        super().__init__(scope, id, config=config)
        self.log_bucket = MarqueeBucket(
            self, "Logs", config=config, lifecycle=[expire("Old", config.log_retention_days)]
        )
        self._make_buckets(config)
        self._let_the_edge_read(self.media_bucket)
        self._let_the_edge_read(self.web_bucket)
        self._let_the_fleet_read(self.media_bucket, network)
        maker = self._maker(config)
        self.edge_word = EdgeWord(self, "Edge", config=config, maker=maker)
        self.signing_keys = [
            SigningKey(self, f"SigningKey{name}", config=config, maker=maker, generation=generation)
            for name, generation in zip("AB", config.signing_generations, strict=True)
        ]
        # Beside the keys and not beside the distribution, so that a key can be replaced without
        # an export changing under the stack that imports it.
        self.key_group = cloudfront.KeyGroup(
            self,
            "SigningKeys",
            items=[key.public_key for key in self.signing_keys],
            comment="Signs who may watch; two, to rotate",
        )
        self._outputs()

    def _make_buckets(self, config: StageConfig) -> None:
        self.ingest_bucket = self._bucket(
            "Ingest",
            events=True,
            lifecycle=[archived("Packaged"), expire("Staging", STAGING_DAYS, prefix="staging/")],
        )
        self.media_bucket = self._bucket("Media", replicated=True)
        self.web_bucket = self._bucket("Web")
        self.lake_bucket = self._bucket("Lake", events=True, replicated=True)
        self.model_bucket = self._bucket("Models", replicated=True)
        self.failure_bucket = self._bucket("Failures", lifecycle=[expire("Inspected", 90)])

    def _bucket(
        self,
        id: str,
        *,
        lifecycle: Sequence[s3.LifecycleRule] = (),
        events: bool = False,
        replicated: bool = False,
    ) -> MarqueeBucket:
        region = self.config.replica_region
        replica = None
        if replicated and region:
            name = replica_bucket_name(self.config, id, self.account)
            replica = s3.Bucket.from_bucket_name(self, f"{id}Replica", name)
        return MarqueeBucket(
            self,
            id,
            config=self.config,
            log_bucket=self.log_bucket,
            lifecycle=replicated_rules(id) if replicated else lifecycle,
            events=events,
            replicate_to=replica,
        )

    def _let_the_edge_read(self, bucket: s3.Bucket) -> None:
        # By the account's distributions, not by one: naming it would make this stack and the
        # delivery stack wait for each other.
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid="CloudFrontReads",
                principals=[iam.ServicePrincipal("cloudfront.amazonaws.com")],
                actions=["s3:GetObject"],
                resources=[bucket.arn_for_objects("*")],
                conditions={
                    "StringEquals": {"aws:SourceAccount": self.account},
                    "ArnLike": {
                        "aws:SourceArn": f"arn:{Aws.PARTITION}:cloudfront::{self.account}"
                        ":distribution/*"
                    },
                },
            )
        )

    def _let_the_fleet_read(self, bucket: s3.Bucket, network: NetworkStack) -> None:
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid="FleetReads",
                principals=[iam.AnyPrincipal()],
                actions=["s3:GetObject"],
                resources=[bucket.arn_for_objects("*")],
                conditions={
                    "StringEquals": {"aws:SourceVpce": network.s3_endpoint.vpc_endpoint_id}
                },
            )
        )

    def _maker(self, config: StageConfig) -> MarqueeFunction:
        return MarqueeFunction(
            self,
            "SigningKeyMaker",
            config=config,
            settings=FunctionSettings(
                handler="signing_key",
                description="Makes CloudFront signing keys; their private halves stay in secrets",
                timeout_seconds=60,
            ),
        )

    def _outputs(self) -> None:
        for name, bucket in (
            ("Ingest", self.ingest_bucket),
            ("Media", self.media_bucket),
            ("Web", self.web_bucket),
            ("Log", self.log_bucket),
            ("Lake", self.lake_bucket),
            ("Model", self.model_bucket),
            ("Failure", self.failure_bucket),
        ):
            CfnOutput(self, f"{name}BucketName", value=bucket.bucket_name)
