"""The narrow grants of `grants.py` for roles that belong to no function."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from stacks.constructs.acknowledge import acknowledge
from stacks.constructs.findings import wildcard_resource


def let_role_read(bucket: s3.IBucket, role: iam.Role, prefix: str) -> None:
    """Let the role get objects below `prefix/`, and see which there are."""
    _on_prefix(bucket, role, prefix, "s3:GetObject")
    iam.Grant.add_to_principal(
        grantee=role,
        actions=["s3:ListBucket"],
        resource_arns=[bucket.bucket_arn],
        conditions={"StringLike": {"s3:prefix": [f"{prefix}/*"]}},
    )


def let_role_write(bucket: s3.IBucket, role: iam.Role, prefix: str) -> None:
    """Let the role put objects below `prefix/`."""
    _on_prefix(bucket, role, prefix, "s3:PutObject")


def _on_prefix(bucket: s3.IBucket, role: iam.Role, prefix: str, action: str) -> None:
    iam.Grant.add_to_principal(
        grantee=role, actions=[action], resource_arns=[bucket.arn_for_objects(f"{prefix}/*")]
    )
    # The export that the reference makes anyway, only earlier, so that its name is known here.
    exported = Stack.of(bucket).export_value(bucket.bucket_arn)
    acknowledge(
        role,
        f"the objects below {prefix}/ of one bucket, whose names are made as they are written",
        wildcard_resource(role, f"{exported}/{prefix}/*"),
    )
