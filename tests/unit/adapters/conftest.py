"""In-process AWS for the adapters: nothing leaves the process."""

from __future__ import annotations

import pytest
from moto import mock_aws

from adapters import clients
from adapters.settings import load

REGION = "us-east-1"


@pytest.fixture(autouse=True)
def _account(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    load.cache_clear()
    with mock_aws():
        yield
    load.cache_clear()


@pytest.fixture(autouse=True)
def naps(monkeypatch):
    """The waits between tries, recorded instead of waited for."""
    taken = []
    monkeypatch.setattr("adapters.faults.time.sleep", taken.append)
    return taken


def a_table(name, hash_key, range_key=None):
    keys = [(hash_key, "HASH"), *([(range_key, "RANGE")] if range_key else [])]
    clients.dynamodb().create_table(
        TableName=name,
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in keys],
        BillingMode="PAY_PER_REQUEST",
    )
    return clients.dynamodb(), name


@pytest.fixture
def profiles_table():
    return a_table("profiles", "account_id", "profile_id")


@pytest.fixture
def viewing_table():
    return a_table("viewing", "profile_id", "title_id")


@pytest.fixture
def titles_table():
    return a_table("titles", "title_id")


@pytest.fixture
def trending_table():
    return a_table("trending", "window", "title_id")


@pytest.fixture
def streams_table():
    return a_table("streams", "account_id")


@pytest.fixture
def bucket():
    clients.s3().create_bucket(Bucket="models")
    return clients.s3(), "models"
