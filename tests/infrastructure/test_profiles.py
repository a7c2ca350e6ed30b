"""The profiles stack: tables, their key, viewers' accounts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stacks.config import STAGES
from tests.infrastructure.synthesis import ROOT, Template

Find = Callable[..., Template]
TABLE = "AWS::DynamoDB::GlobalTable"
TABLES = ("Profiles", "Viewing", "Titles", "Trending")


def _replicas(template: Template, table: str) -> dict[str, dict[str, Any]]:
    return {each["Region"]: each for each in template.named(TABLE, table)["Replicas"]}


@pytest.mark.parametrize(
    ("table", "keys"),
    [
        ("Profiles", ["account_id", "profile_id"]),
        ("Viewing", ["profile_id", "title_id"]),
        ("Titles", ["title_id"]),
        ("Trending", ["window", "title_id"]),
    ],
)
def test_keys(template: Find, table: str, keys: list[str]):
    schema = template("profiles").named(TABLE, table)["KeySchema"]
    assert [key["AttributeName"] for key in schema] == keys


@pytest.mark.parametrize("table", TABLES)
def test_tables_pay_by_request(template: Find, table: str):
    assert template("profiles").named(TABLE, table)["BillingMode"] == "PAY_PER_REQUEST"


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("table", TABLES)
def test_every_replica_can_be_restored_to_any_second(template: Find, table: str, stage: str):
    for replica in _replicas(template("profiles", stage), table).values():
        assert replica["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True


@pytest.mark.parametrize("table", TABLES)
def test_prod_tables_cannot_be_deleted(template: Find, table: str):
    for replica in _replicas(template("profiles"), table).values():
        assert replica["DeletionProtectionEnabled"] is True


@pytest.mark.parametrize("table", TABLES)
def test_dev_tables_go_with_their_stack(template: Find, table: str):
    for replica in _replicas(template("profiles", "dev"), table).values():
        assert replica.get("DeletionProtectionEnabled", False) is False


@pytest.mark.parametrize("table", TABLES)
def test_prod_tables_have_a_replica_in_the_second_region(template: Find, table: str):
    assert set(_replicas(template("profiles"), table)) == {"us-east-1", "eu-west-1"}


@pytest.mark.parametrize("table", TABLES)
def test_tables_are_encrypted_under_the_customers_key(template: Find, table: str):
    profiles = template("profiles")
    (key,) = profiles.of_type("AWS::KMS::Key")
    here = _replicas(profiles, table)["us-east-1"]["SSESpecification"]["KMSMasterKeyId"]
    assert key in str(here)


@pytest.mark.parametrize("table", TABLES)
def test_replicas_are_encrypted_under_the_replica_stacks_key(template: Find, table: str):
    there = _replicas(template("profiles"), table)["eu-west-1"]["SSESpecification"]
    alias = template("replica").only("AWS::KMS::Alias")["AliasName"]
    assert alias in str(there["KMSMasterKeyId"])


def test_trending_counts_expire(template: Find):
    table = template("profiles").named(TABLE, "Trending")
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


@pytest.mark.parametrize("table", ["Profiles", "Titles"])
def test_what_nobody_deleted_stays(template: Find, table: str):
    assert "TimeToLiveSpecification" not in template("profiles").named(TABLE, table)


def test_passwords_are_strong(template: Find):
    policy = template("profiles").only("AWS::Cognito::UserPool")["Policies"]["PasswordPolicy"]
    assert policy["MinimumLength"] >= 12
    assert all(value is True for key, value in policy.items() if key.startswith("Require"))


def test_a_second_factor_is_an_app_and_a_choice(template: Find):
    pool = template("profiles").only("AWS::Cognito::UserPool")
    assert (pool["MfaConfiguration"], pool["EnabledMfas"]) == (
        "OPTIONAL", ["SOFTWARE_TOKEN_MFA"],
    )  # fmt: skip


def test_prod_accounts_cannot_be_deleted(template: Find):
    assert template("profiles").only("AWS::Cognito::UserPool")["DeletionProtection"] == "ACTIVE"


def test_the_page_is_a_public_client(template: Find):
    assert template("profiles").only("AWS::Cognito::UserPoolClient")["GenerateSecret"] is False


def test_an_unknown_address_cannot_be_told_from_a_wrong_password(template: Find):
    client = template("profiles").only("AWS::Cognito::UserPoolClient")
    assert client["PreventUserExistenceErrors"] == "ENABLED"


@pytest.mark.parametrize("stage", STAGES)
def test_the_page_signs_in_as_it_does(template: Find, stage: str):
    client = template("profiles", stage).only("AWS::Cognito::UserPoolClient")
    page = (ROOT / "web" / "session.js").read_text()
    assert '"USER_PASSWORD_AUTH"' in page
    assert "ALLOW_USER_PASSWORD_AUTH" in client["ExplicitAuthFlows"]
    assert "ALLOW_REFRESH_TOKEN_AUTH" in client["ExplicitAuthFlows"]
