"""What operators are told of deliveries: a batch's outcomes, and what is re-driven."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from moto import mock_aws
from rich.console import Console

from scripts.operators import ingest


class States:
    """Step Functions with executions that have ended."""

    def __init__(self) -> None:
        self.executions: dict[str, dict[str, Any]] = {}

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:  # noqa: N803
        return self.executions[executionArn]

    def list_map_runs(self, *, executionArn: str) -> dict[str, Any]:  # noqa: N803
        return {"mapRuns": []}


class Platform:
    """A :class:`scripts.operators.deployment.Deployment` of an ingest bucket and a table."""

    class config:  # noqa: N801
        name = "local"

    def __init__(self) -> None:
        self.s3, self.states = boto3.client("s3"), States()
        self.titles = boto3.resource("dynamodb").create_table(
            TableName="titles", BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "title_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "title_id", "AttributeType": "S"}],
        )  # fmt: skip
        self.s3.create_bucket(Bucket="IngestBucketName")

    def client(self, service: str) -> Any:
        return self.states if service == "stepfunctions" else self.s3

    def table(self, output: str) -> Any:
        return self.titles

    def output(self, area: str, name: str) -> str:
        return f"arn:aws:states:us-east-1:1:stateMachine:{name}" if "Arn" in name else name

    def deliver(self, folder: str) -> int:
        """When it arrived."""
        key = f"{folder}/title.json"
        self.s3.put_object(Bucket="IngestBucketName", Key=key, Body=b"{}")
        head = self.s3.head_object(Bucket="IngestBucketName", Key=key)
        return int(head["LastModified"].timestamp())


@pytest.fixture
def platform(monkeypatch):
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(name, value)
    with mock_aws():
        yield Platform()


BATCH_ARN = "arn:aws:states:us-east-1:1:execution:BatchWorkflowArn:b1"


@pytest.mark.parametrize(
    ("item", "outcome"),
    [
        ({"manifest": "aa/master.m3u8", "delivered_at": 0}, "published"),
        ({"manifest": "aa/master.m3u8", "delivered_at": 5}, "published"),  # by a later delivery
        ({"manifest": "aa/master.m3u8", "delivered_at": -60}, "failed"),  # of the delivery before
        ({"manifest": "aa/master.m3u8"}, "failed"),  # not by a delivery
        ({}, "failed"),
        ({"delivered_at": 0, "retired_at": 9}, "retired"),
    ],
)
def test_a_title_is_published_where_this_delivery_or_a_later_one_is_listed(platform, item, outcome):
    at = platform.deliver("batches/b1/mq-1")
    manifest = json.dumps([{"key": "batches/b1/mq-1/title.json"}])
    platform.s3.put_object(Bucket="IngestBucketName", Key="batches/b1/manifest.json", Body=manifest)
    times = {name: value + at for name, value in item.items() if name.endswith("_at")}
    platform.titles.put_item(Item={"title_id": "mq-1", **item, **times})
    platform.states.executions[BATCH_ARN] = {"status": "SUCCEEDED"}
    console = Console(width=120, record=True, quiet=False, file=None)
    ingest.show_progress(platform, "b1", console)
    (row,) = [line for line in console.export_text().splitlines() if "mq-1" in line]
    assert outcome in row
