"""A lake in process: S3 and Glue of moto, DuckDB itself."""

from __future__ import annotations

import boto3
import pytest
from moto import mock_aws

from tests.unit.lake.lakehouse import Lakehouse

REGION = "us-east-1"


@pytest.fixture
def lake(monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield Lakehouse.made(boto3.client("s3"), boto3.client("glue"), tmp_path)
