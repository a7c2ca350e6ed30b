"""Grants: narrower than the library's where it hands out wildcards, acknowledged where not."""

from __future__ import annotations

from typing import Any

import jsii
from aws_cdk import Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import IConstruct

from stacks.constructs.acknowledge import acknowledge


def read_objects(bucket: s3.IBucket, grantee: lambda_.Function, prefix: str) -> None:
    """Let the function get objects below ``prefix/``, and see which there are."""
    _on_prefix(bucket, grantee, prefix, "s3:GetObject")
    # Without it S3 answers "forbidden" for an object that isn't there, and a missing model
    # could not be told from a missing right.
    iam.Grant.add_to_principal(
        grantee=grantee,
        actions=["s3:ListBucket"],
        resource_arns=[bucket.bucket_arn],
        conditions={"StringLike": {"s3:prefix": [f"{prefix}/*"]}},
    )


def write_objects(bucket: s3.IBucket, grantee: lambda_.Function, prefix: str) -> None:
    """Let the function put objects below ``prefix/``."""
    _on_prefix(bucket, grantee, prefix, "s3:PutObject")


def read_write_items(table: dynamodb.ITable, grantee: lambda_.Function) -> None:
    """Let the function read, write and delete items of the table."""
    table.grant_read_write_data(grantee)
    acknowledge(
        role_of(grantee),
        "the library's grant on the one key that encrypts the tables",
        "AwsSolutions-IAM5[Action::kms:ReEncrypt*]",
        "AwsSolutions-IAM5[Action::kms:GenerateDataKey*]",
    )


def role_of(function: lambda_.Function) -> IConstruct:
    """The function's role, where findings about its policy are acknowledged."""
    if function.role is None:
        raise ValueError(f"{function.node.path} has no role of its own")
    return function.role


def arn_in_finding(bucket: s3.IBucket, seen_from: IConstruct) -> str:
    """The bucket's ARN as a rule pack writes it in the id of a finding of another stack."""
    owner = Stack.of(bucket)
    if owner is Stack.of(seen_from):
        resolved: Any = owner.resolve(bucket.bucket_arn)
        return f"<{'.'.join(resolved['Fn::GetAtt'])}>"
    exported: Any = owner.resolve(owner.export_value(bucket.bucket_arn))
    return str(exported["Fn::ImportValue"])


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


def _on_prefix(bucket: s3.IBucket, grantee: lambda_.Function, prefix: str, action: str) -> None:
    iam.Grant.add_to_principal(
        grantee=grantee, actions=[action], resource_arns=[bucket.arn_for_objects(f"{prefix}/*")]
    )
    acknowledge(
        role_of(grantee),
        f"the objects below {prefix}/ of one bucket, whose names are made as they are written",
        f"AwsSolutions-IAM5[Resource::{arn_in_finding(bucket, grantee)}/{prefix}/*]",
    )
