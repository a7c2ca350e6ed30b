"""What holds for every policy, bucket and log group of every stage."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.infrastructure.synthesis import Assembly, Template, listed

# Actions that know no resource. Whatever else names all resources is a mistake.
NO_RESOURCE = {
    "cloudwatch:PutMetricData",
    "ecr:GetAuthorizationToken",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "s3:ListAllMyBuckets",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}


def test_no_policy_allows_all_actions_of_a_service(assembly: Assembly):
    wide = [
        (where, action)
        for where, statement in _of_roles(assembly)
        for action in listed(statement["Action"])
        if action == "*" or action.endswith(":*")
    ]
    assert wide == []


def test_only_actions_that_know_no_resource_are_allowed_on_all(assembly: Assembly):
    wide = [
        (where, action)
        for where, statement in _of_roles(assembly)
        if "*" in listed(statement.get("Resource", []))
        for action in listed(statement["Action"])
        if action not in NO_RESOURCE
    ]
    assert wide == []


def test_every_bucket_refuses_plain_http(assembly: Assembly):
    assert [name for name, policy in _bucket_policies(assembly) if not _refuses_http(policy)] == []


def test_every_bucket_blocks_public_access(assembly: Assembly):
    block = {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }
    assert _buckets_without(assembly, "PublicAccessBlockConfiguration", block) == []


def test_every_bucket_keeps_old_versions(assembly: Assembly):
    assert _buckets_without(assembly, "VersioningConfiguration", {"Status": "Enabled"}) == []


def test_every_bucket_is_encrypted(assembly: Assembly):
    open_ones = [name for name, bucket in _buckets(assembly) if "BucketEncryption" not in bucket]
    assert open_ones == []


def test_no_bucket_keeps_abandoned_uploads(assembly: Assembly):
    kept = [
        name
        for name, bucket in _buckets(assembly)
        if not any(
            "AbortIncompleteMultipartUpload" in rule
            for rule in bucket["LifecycleConfiguration"]["Rules"]
        )
    ]
    assert kept == []


def test_every_log_group_says_how_long_it_keeps(assembly: Assembly):
    forever = [
        f"{template.area}/{name}"
        for template in assembly.templates.values()
        for name, group in template.of_type("AWS::Logs::LogGroup").items()
        if "RetentionInDays" not in group["Properties"]
    ]
    assert forever == []


def test_every_customer_key_rotates(assembly: Assembly):
    fixed = [
        f"{template.area}/{name}"
        for template in assembly.templates.values()
        for name, key in template.of_type("AWS::KMS::Key").items()
        if key["Properties"].get("EnableKeyRotation") is not True
    ]
    assert fixed == []


def test_no_template_holds_a_secret(assembly: Assembly):
    private = re.compile(r"BEGIN (RSA |EC )?PRIVATE KEY|AKIA[0-9A-Z]{16}")
    assert [
        template.area
        for template in assembly.templates.values()
        if private.search(template.path.read_text())
    ] == []


def _of_roles(assembly: Assembly) -> Iterator[tuple[str, dict[str, Any]]]:
    """Statements that allow something to someone of this account's own."""
    for template in assembly.templates.values():
        for where, statement in template.statements():
            if statement["Effect"] == "Allow" and "Principal" not in statement:
                yield where, statement


def _buckets(assembly: Assembly) -> Iterator[tuple[str, dict[str, Any]]]:
    for template in assembly.templates.values():
        for name, bucket in template.of_type("AWS::S3::Bucket").items():
            yield f"{template.area}/{name}", bucket["Properties"]


def _buckets_without(assembly: Assembly, key: str, value: dict[str, Any]) -> list[str]:
    return [name for name, bucket in _buckets(assembly) if bucket.get(key) != value]


def _bucket_policies(assembly: Assembly) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each bucket with its policy, which is empty where there is none."""
    for template in assembly.templates.values():
        policies = {
            policy["Bucket"]["Ref"]: policy["PolicyDocument"]
            for policy in template.properties("AWS::S3::BucketPolicy")
        }
        for name in template.of_type("AWS::S3::Bucket"):
            yield f"{template.area}/{name}", policies.get(name, {"Statement": []})


def _refuses_http(policy: dict[str, Any]) -> bool:
    return any(
        statement["Effect"] == "Deny"
        and statement.get("Condition", {}).get("Bool") == {"aws:SecureTransport": "false"}
        and statement["Principal"] == {"AWS": "*"}
        and len(statement["Resource"]) == 2
        for statement in policy["Statement"]
    )


def test_the_template_helper_reads_inline_policies():
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    role = {"Policies": [{"PolicyDocument": {"Statement": [statement]}}]}
    body = {"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": role}}}
    template = Template("area", None, body)  # type: ignore[arg-type]
    assert list(template.statements()) == [("area/Role", statement)]
