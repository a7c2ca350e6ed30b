"""CloudFront's access log, delivered to a bucket that needs no access control list."""

from __future__ import annotations

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

_FIELDS = (
    "date", "time", "x-edge-location", "sc-bytes", "c-ip", "cs-method", "cs-uri-stem",
    "sc-status", "cs(User-Agent)", "x-edge-result-type", "x-edge-request-id", "time-taken",
    "x-edge-response-result-type", "cs-protocol-version", "time-to-first-byte",
    "x-edge-detailed-result-type", "sc-range-start", "sc-range-end", "cache-behavior-path-pattern",
)  # fmt: skip


class DeliveryLogs(Construct):
    """The log of one distribution, as JSON lines below `cloudfront/` in the bucket.

    Cookies and query strings are left out: they hold signatures.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        distribution: cloudfront.Distribution,
        bucket: s3.IBucket,
    ) -> None:
        """Deliver to `bucket`; its policy is extended for the delivery service."""
        super().__init__(scope, id)
        stack = Stack.of(self)
        source = logs.CfnDeliverySource(
            self,
            "Source",
            name=f"{stack.stack_name}-access",
            log_type="ACCESS_LOGS",
            resource_arn=distribution.distribution_arn,
        )
        destination = logs.CfnDeliveryDestination(
            self,
            "Destination",
            name=f"{stack.stack_name}-bucket",
            destination_resource_arn=f"{bucket.bucket_arn}/cloudfront",
            output_format="json",
        )
        delivery = logs.CfnDelivery(
            self,
            "Delivery",
            delivery_source_name=source.name,
            delivery_destination_arn=destination.attr_arn,
            record_fields=list(_FIELDS),
            s3_suffix_path="{yyyy}/{MM}/{dd}/{HH}",
        )
        delivery.add_resource_dependency(source)
        bucket.add_to_resource_policy(_write_logs(stack, bucket))


def _write_logs(stack: Stack, bucket: s3.IBucket) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid="CloudFrontLogs",
        principals=[iam.ServicePrincipal("delivery.logs.amazonaws.com")],
        actions=["s3:PutObject"],
        resources=[bucket.arn_for_objects("cloudfront/*")],
        conditions={
            "StringEquals": {
                "aws:SourceAccount": stack.account,
                "s3:x-amz-acl": "bucket-owner-full-control",
            },
            "ArnLike": {
                "aws:SourceArn": stack.format_arn(
                    service="logs",
                    resource="delivery-source",
                    resource_name="*",
                    arn_format=ArnFormat.COLON_RESOURCE_NAME,
                )
            },
        },
    )
