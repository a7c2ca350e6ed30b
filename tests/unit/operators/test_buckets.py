"""Emptying a bucket takes every version of every object, and only where data may go."""

from __future__ import annotations

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from scripts.operators.__main__ import app
from scripts.operators.buckets import _empty


@pytest.fixture
def s3(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="bucket")
        client.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
        for body in (b"old", b"new"):
            client.put_object(Bucket="bucket", Key="k", Body=body)
        client.delete_object(Bucket="bucket", Key="k")
        yield client


def test_versions_and_markers_go(s3):
    assert _empty(s3, "bucket", dry_run=False) == 3
    s3.delete_bucket(Bucket="bucket")  # refused by S3 where anything is left


def test_a_dry_run_counts_and_deletes_nothing(s3):
    assert _empty(s3, "bucket", dry_run=True) == 3
    assert _empty(s3, "bucket", dry_run=True) == 3


def test_a_stage_that_retains_its_data_is_refused(s3):
    answer = CliRunner().invoke(app, ["buckets", "empty", "--stage", "prod", "--yes"])
    assert answer.exit_code == 1
    assert "retains its data" in answer.stderr
