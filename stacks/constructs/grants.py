"""Grants: narrower than the library's where it hands out wildcards, acknowledged where not."""

from __future__ import annotations

import jsii
from aws_cdk import Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import IConstruct

from stacks.constructs.acknowledge import acknowledge
from stacks.constructs.findings import wildcard_resource

Grantee = lambda_.Function | iam.Role
# Where in the ingest bucket titles are delivered: one by one, or by the batch.
DELIVERIES = ("titles", "batches")


def read_objects(bucket: s3.IBucket, grantee: Grantee, prefix: str) -> None:
    """Let the grantee get objects below ``prefix/``, and see which there are."""
    _on_prefix(bucket, grantee, prefix, "s3:GetObject")
    # Without it S3 answers "forbidden" for an object that isn't there, and a missing model
    # could not be told from a missing right.
    _list_objects(bucket, grantee, prefix)


def write_objects(bucket: s3.IBucket, grantee: Grantee, prefix: str) -> None:
    """Let the grantee put objects below ``prefix/``."""
    _on_prefix(bucket, grantee, prefix, "s3:PutObject")


def write_named_objects(bucket: s3.IBucket, grantee: Grantee, pattern: str) -> None:
    """Let the grantee put and delete objects whose key matches the pattern, and no others."""
    _on_pattern(bucket, grantee, pattern, "s3:PutObject", "s3:DeleteObject")


def tag_objects(bucket: s3.IBucket, grantee: Grantee, prefix: str) -> None:
    """Let the grantee see which objects there are below ``prefix/``, and their tags; change these.

    What is in the objects it can't read.
    """
    _on_pattern(
        bucket,
        grantee,
        f"{prefix}/*",
        "s3:GetObjectTagging",
        "s3:PutObjectTagging",
        "s3:DeleteObjectTagging",
    )
    _list_objects(bucket, grantee, prefix)


def read_write_items(table: dynamodb.ITable, grantee: lambda_.Function) -> None:
    """Let the function read, write and delete items of the table."""
    table.grant_read_write_data(grantee)
    acknowledge(
        _role_of(grantee),
        "the library's grant on the one key that encrypts the tables",
        "AwsSolutions-IAM5[Action::kms:ReEncrypt*]",
        "AwsSolutions-IAM5[Action::kms:GenerateDataKey*]",
    )


@jsii.implements(lambda_.IEventSourceDlq)
class FailureObjects:
    """Keeps a batch that was given up, whole, as an object below ``aws/lambda/``."""

    def __init__(self, bucket: s3.IBucket) -> None:
        self._bucket = bucket

    def bind(
        self, _target: lambda_.IEventSourceMapping, target_handler: lambda_.IFunction
    ) -> lambda_.DlqDestinationConfig:
        """Called by the event source; grants what Lambda checks when the mapping is made."""
        iam.Grant.add_to_principal(
            grantee=target_handler,
            actions=["s3:ListBucket"],
            resource_arns=[self._bucket.bucket_arn],
        )
        return lambda_.DlqDestinationConfig(destination=self._bucket.bucket_arn)


def _role_of(grantee: Grantee) -> IConstruct:
    role = grantee.role if isinstance(grantee, lambda_.Function) else grantee
    if role is None:
        raise ValueError(f"{grantee.node.path} has no role of its own")
    return role


def _list_objects(bucket: s3.IBucket, grantee: Grantee, prefix: str) -> None:
    iam.Grant.add_to_principal(
        grantee=grantee,
        actions=["s3:ListBucket"],
        resource_arns=[bucket.bucket_arn],
        conditions={"StringLike": {"s3:prefix": [f"{prefix}/*"]}},
    )


def _on_prefix(bucket: s3.IBucket, grantee: Grantee, prefix: str, action: str) -> None:
    _on_pattern(bucket, grantee, f"{prefix}/*", action)


def _on_pattern(bucket: s3.IBucket, grantee: Grantee, pattern: str, *actions: str) -> None:
    iam.Grant.add_to_principal(
        grantee=grantee, actions=list(actions), resource_arns=[bucket.arn_for_objects(pattern)]
    )
    acknowledge(
        _role_of(grantee),
        f"the objects {pattern} of one bucket, whose names are made as they are written",
        wildcard_resource(grantee, f"{_arn(bucket, grantee)}/{pattern}"),
    )


def _arn(bucket: s3.IBucket, seen_from: IConstruct) -> str:
    """The bucket's ARN, already in the form that the other stack's template will have."""
    owner = Stack.of(bucket)
    if owner is Stack.of(seen_from):
        return bucket.bucket_arn
    # The export that the reference makes anyway, only earlier, so that its name is known here.
    return owner.export_value(bucket.bucket_arn)
