"""Grants narrower than the library's: single S3 actions, below one prefix."""

from __future__ import annotations

from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from stacks.constructs.acknowledge import acknowledge
from stacks.constructs.function import MarqueeFunction


def read_objects(bucket: s3.Bucket, function: MarqueeFunction, prefix: str) -> None:
    """Let the function get objects below ``prefix/``, and see which there are."""
    _on_prefix(bucket, function, prefix, "s3:GetObject")
    # Without it S3 answers "forbidden" for an object that isn't there, and a missing model
    # could not be told from a missing right.
    iam.Grant.add_to_principal(
        grantee=function,
        actions=["s3:ListBucket"],
        resource_arns=[bucket.bucket_arn],
        conditions={"StringLike": {"s3:prefix": [f"{prefix}/*"]}},
    )


def write_objects(bucket: s3.Bucket, function: MarqueeFunction, prefix: str) -> None:
    """Let the function put objects below ``prefix/``."""
    _on_prefix(bucket, function, prefix, "s3:PutObject")


def _on_prefix(bucket: s3.Bucket, function: MarqueeFunction, prefix: str, action: str) -> None:
    iam.Grant.add_to_principal(
        grantee=function, actions=[action], resource_arns=[bucket.arn_for_objects(f"{prefix}/*")]
    )
    acknowledge(
        function.role,
        f"the objects below {prefix}/ of one bucket, whose names are made as they are written",
        f"AwsSolutions-IAM5[Resource::{_arn_in_finding(bucket, function)}/{prefix}/*]",
    )


def _arn_in_finding(bucket: s3.Bucket, function: MarqueeFunction) -> str:
    """The bucket's ARN as the rule pack writes it: by logical id, or by import."""
    resolved: Any = Stack.of(function).resolve(bucket.bucket_arn)
    if "Fn::GetAtt" in resolved:
        return f"<{'.'.join(resolved['Fn::GetAtt'])}>"
    return f"<{resolved}>"
