"""A lake in process: S3 and Glue of moto, DuckDB itself."""

from __future__ import annotations

import itertools

import boto3
import pytest
from moto import mock_aws

from tests.unit.lake.lakehouse import Lakehouse

REGION = "us-east-1"
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def _clients():
    """One account for a module's tests: a client of Glue takes a second to make.

    Not longer: an account in an account is the same one, and other modules need empty ones.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        with mock_aws():
            yield boto3.client("s3"), boto3.client("glue")


@pytest.fixture
def lake(_clients, tmp_path):
    number = next(_numbers)
    return Lakehouse.made(*_clients, tmp_path, bucket=f"lake-{number}", database=f"lake_{number}")
