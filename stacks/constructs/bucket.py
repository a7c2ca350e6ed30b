"""A bucket as this project makes them: private, encrypted, versioned, TLS only, logged."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.config import StageConfig
from stacks.constructs.acknowledge import acknowledge
from stacks.constructs.findings import wildcard_resource
from stacks.constructs.retention import removal_policy

ABANDONED_UPLOAD_DAYS = 7


class MarqueeBucket(s3.Bucket):
    """Every default that a bucket of this project has; ``log_bucket`` gets its access log."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: StageConfig,
        log_bucket: s3.IBucket | None = None,
        bucket_name: str | None = None,
        old_versions_days: int = 30,
        lifecycle: Sequence[s3.LifecycleRule] = (),
        events: bool = False,
        replicate_to: s3.IBucket | None = None,
    ) -> None:
        """Replaced and deleted objects stay ``old_versions_days``; abandoned uploads go."""
        replication = None
        if replicate_to is not None:
            replication = [
                s3.ReplicationRule(destination=replicate_to, delete_marker_replication=True)
            ]
        super().__init__(
            scope,
            id,
            bucket_name=bucket_name,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            versioned=True,
            server_access_logs_bucket=log_bucket,
            server_access_logs_prefix=f"s3/{id}/" if log_bucket else None,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="OldVersions",
                    noncurrent_version_expiration=Duration.days(old_versions_days),
                    expired_object_delete_marker=True,
                    abort_incomplete_multipart_upload_after=Duration.days(ABANDONED_UPLOAD_DAYS),
                ),
                *lifecycle,
            ],
            replication_rules=replication,
            removal_policy=removal_policy(config),
        )
        if events:
            self._send_events()
        if replicate_to is not None:
            self._acknowledge_replication(replicate_to)

    def _send_events(self) -> None:
        # The library's own switch is a function of its making; the template has a property.
        resource = self.node.default_child
        assert isinstance(resource, s3.CfnBucket)
        resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(
                event_bridge_enabled=True
            )
        )

    def _acknowledge_replication(self, replica: s3.IBucket) -> None:
        acknowledge(
            self.node.find_child("ReplicationRole"),
            "replication reads and writes whatever object there is",
            wildcard_resource(self, self.arn_for_objects("*")),
            wildcard_resource(self, replica.arn_for_objects("*")),
        )
