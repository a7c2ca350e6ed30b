"""The content stack, and where it replicates to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from adapters.published_media import RETIRED
from scripts.operators.redrive import REDRIVABLE_DAYS
from tests.infrastructure.synthesis import Assembly, Template, listed

Find = Callable[..., Template]
BUCKET = "AWS::S3::Bucket"


def _policy(content: Template, bucket: str) -> dict[str, dict[str, Any]]:
    """The statements of a bucket's policy that have a name."""
    policy = content.named("AWS::S3::BucketPolicy", f"{bucket}Policy")
    return {each["Sid"]: each for each in policy["PolicyDocument"]["Statement"] if "Sid" in each}


@pytest.mark.parametrize("bucket", ["Media", "Web"])
def test_cloudfront_reads_as_this_accounts_distributions_only(template: Find, bucket: str):
    statement = _policy(template("content"), bucket)["CloudFrontReads"]
    assert statement["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert statement["Action"] == "s3:GetObject"
    condition = statement["Condition"]
    assert condition["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert ":distribution/*" in str(condition["ArnLike"]["aws:SourceArn"])


def test_the_fleet_reads_media_through_its_endpoint_only(template: Find):
    statement = _policy(template("content"), "Media")["FleetReads"]
    assert statement["Principal"] == {"AWS": "*"}
    assert statement["Action"] == "s3:GetObject"
    (endpoint,) = statement["Condition"]["StringEquals"].values()
    assert "marquee-prod-network" in endpoint["Fn::ImportValue"]
    assert list(statement["Condition"]) == ["StringEquals"]


@pytest.mark.parametrize("bucket", ["Web", "Lake", "Models", "Ingest", "Failures", "Logs"])
def test_no_other_bucket_is_open_to_the_endpoint(template: Find, bucket: str):
    assert "FleetReads" not in _policy(template("content"), bucket)


def test_ingest_tells_eventbridge(template: Find):
    ingest = template("content").named(BUCKET, "Ingest")
    assert ingest["NotificationConfiguration"]["EventBridgeConfiguration"] == {
        "EventBridgeEnabled": True
    }


def test_mezzanines_are_archived_and_never_deleted(template: Find):
    rules = template("content").named(BUCKET, "Ingest")["LifecycleConfiguration"]["Rules"]
    (archive,) = (rule for rule in rules if rule["Id"] == "Packaged")
    assert [step["StorageClass"] for step in archive["Transitions"]] == [
        "GLACIER_IR", "DEEP_ARCHIVE",
    ]  # fmt: skip
    assert {rule["Prefix"] for rule in rules if "ExpirationInDays" in rule} == {"staging/"}


def test_what_a_job_left_is_there_as_long_as_it_can_be_re_driven(template: Find):
    rules = template("content").named(BUCKET, "Ingest")["LifecycleConfiguration"]["Rules"]
    (days,) = (rule["ExpirationInDays"] for rule in rules if rule.get("Prefix") == "staging/")
    assert days > REDRIVABLE_DAYS


def test_media_that_was_let_go_is_removed_and_no_other(template: Find):
    rules = template("content").named(BUCKET, "Media")["LifecycleConfiguration"]["Rules"]
    (rule,) = (rule for rule in rules if "ExpirationInDays" in rule)
    assert rule["TagFilters"] == [{"Key": RETIRED["Key"], "Value": RETIRED["Value"]}]
    assert rule["ExpirationInDays"] == 1


def test_published_models_stay(template: Find):
    rules = template("content").named(BUCKET, "Models")["LifecycleConfiguration"]["Rules"]
    expiring = {rule["Prefix"] for rule in rules if "ExpirationInDays" in rule}
    assert expiring == {"snapshots/", "jobs/"}


@pytest.mark.parametrize("bucket", ["Media", "Lake", "Models"])
def test_what_goes_in_a_bucket_goes_in_its_replica(template: Find, bucket: str):
    # S3 replicates no deletion that a lifecycle brings about.
    rules = [
        template(stack).named(BUCKET, bucket)["LifecycleConfiguration"]["Rules"]
        for stack in ("content", "replica")
    ]
    assert rules[0] == rules[1]
    assert any("ExpirationInDays" in rule for rule in rules[1])


def test_tags_are_replicated_since_they_say_what_is_to_go(template: Find):
    granted = [
        where
        for where, statement in template("content").statements()
        if "s3:ReplicateTags" in listed(statement["Action"])
    ]
    assert any("MediaReplicationRole" in where for where in granted)


@pytest.mark.parametrize("bucket", ["Ingest", "Media", "Web", "Lake", "Models", "Failures"])
def test_access_is_logged(template: Find, bucket: str):
    logging = template("content").named(BUCKET, bucket)["LoggingConfiguration"]
    assert logging["LogFilePrefix"] == f"s3/{bucket}/"


@pytest.mark.parametrize("bucket", ["Media", "Lake", "Models"])
def test_prod_replicates_what_cannot_be_made_again(template: Find, bucket: str):
    rules = template("content").named(BUCKET, bucket)["ReplicationConfiguration"]["Rules"]
    (rule,) = rules
    name = template("replica").named(BUCKET, bucket)["BucketName"]
    assert rule["Status"] == "Enabled"
    assert _flat(rule["Destination"]["Bucket"]).endswith(_flat(name))


@pytest.mark.parametrize("stage", ["local", "dev"])
def test_other_stages_have_no_second_region(template: Find, stage: str):
    for bucket in template("content", stage).properties(BUCKET):
        assert "ReplicationConfiguration" not in bucket


def test_two_signing_keys_are_live(template: Find):
    group = template("content").only("AWS::CloudFront::KeyGroup")
    assert len(group["KeyGroupConfig"]["Items"]) == 2


def test_a_private_key_never_passes_through_the_template(template: Find):
    for pair in template("content").properties("Custom::SigningKey"):
        assert set(pair) == {"ServiceToken", "SecretArn", "Generation"}
    for key in template("content").properties("AWS::CloudFront::PublicKey"):
        encoded = key["PublicKeyConfig"]["EncodedKey"]
        assert encoded["Fn::GetAtt"][1] == "PublicKeyPem"


def test_both_keys_are_exported_so_that_either_can_sign(template: Find):
    exported = str(list(template("content").body["Outputs"]))
    for key in "AB":
        assert f"RefSigningKey{key}PrivateKey" in exported
        assert f"RefSigningKey{key}PublicKey" in exported


def test_the_word_of_the_edge_is_in_no_template(assembly: Assembly):
    content = assembly.templates["content"]
    word = content.only("Custom::EdgeWord")
    assert set(word) == {"ServiceToken", "SecretArn", "Generation"}
    # Whatever value a secret has, none of them comes from a template.
    for template in assembly.templates.values():
        for secret in template.properties("AWS::SecretsManager::Secret"):
            assert "SecretString" not in secret
            assert secret["GenerateSecretString"] == {}


@pytest.mark.parametrize("output", ["Ingest", "Media", "Web", "Log", "Lake", "Model", "Failure"])
def test_bucket_names_are_outputs(template: Find, output: str):
    assert f"{output}BucketName" in template("content").body["Outputs"]


def _flat(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "".join(part if isinstance(part, str) else part["Ref"] for part in value["Fn::Join"][1])
