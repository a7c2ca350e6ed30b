"""What operators are told of deliveries: a batch's outcomes, and what is re-driven."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from rich.console import Console
from typer.testing import CliRunner

from scripts.operators import ingest, redrive
from scripts.operators.__main__ import app


class States:
    """Step Functions with executions that have ended."""

    def __init__(self) -> None:
        self.executions: dict[str, dict[str, Any]] = {}
        self.redriven: list[str] = []

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:  # noqa: N803
        return self.executions[executionArn]

    def end(
        self, name: str, key: str, *, status: str = "FAILED", days: float = 1, **found: Any
    ) -> None:
        """An execution that ended so long ago; ``refuses`` is AWS's code when it is re-driven."""
        self.executions[name] = {
            "name": name, "executionArn": name, "status": status, "error": "PackageDamagedError",
            "startDate": datetime.now(UTC) - timedelta(days=days, hours=1),
            "stopDate": datetime.now(UTC) - timedelta(days=days),
            "input": json.dumps({"key": key}), **found,
        }  # fmt: skip

    def get_paginator(self, operation: str) -> States:
        return self

    def paginate(self, *, stateMachineArn: str, statusFilter: str):  # noqa: N803
        found = [each for each in self.executions.values() if each["status"] == statusFilter]
        return [{"executions": [each]} for each in found]

    def redrive_execution(self, *, executionArn: str) -> None:  # noqa: N803
        code = self.executions[executionArn].get("refuses")
        if code:
            fault = {"Error": {"Code": code, "Message": "no longer"}}
            raise ClientError(fault, "RedriveExecution")
        self.redriven.append(executionArn)

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


@pytest.fixture
def command(platform, monkeypatch):
    """Runs ``titles redrive`` on the platform."""
    monkeypatch.setattr(redrive, "Deployment", lambda stage: platform)
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *words: CliRunner().invoke(app, ["titles", "redrive", *words])


def _deliver(platform, *title_ids: str) -> int:
    return max(platform.deliver(f"titles/{title_id}") for title_id in title_ids)


def test_one_that_can_not_be_re_driven_holds_up_none_of_the_others(platform, command):
    _deliver(platform, "mq-1", "mq-2", "mq-3")
    refuses = "ExecutionNotRedrivable"
    platform.states.end("a", "titles/mq-1/title.json", days=1, refuses=refuses)
    platform.states.end("b", "titles/mq-2/title.json", days=2, redriveStatus="NOT_REDRIVABLE",
                        redriveStatusReason="its event history is too long")  # fmt: skip
    platform.states.end("c", "titles/mq-3/title.json", days=3, redriveStatus="REDRIVABLE")
    answer = command()
    assert platform.states.redriven == ["c"]
    for part in ("ExecutionNotRedrivable", "its event history is too long", "re-driven"):
        assert part in answer.output
    assert answer.exit_code == 1
    assert "2 could not be re-driven" in answer.stderr
    assert "title.json" in answer.stderr


@pytest.mark.parametrize(
    ("status", "days", "redriven"),
    [
        ("FAILED", 13, True),
        ("TIMED_OUT", 13, True),
        ("FAILED", 15, False),
        ("ABORTED", 1, False),  # somebody stopped it
    ],
)
def test_what_failed_in_the_last_two_weeks_is_re_driven(platform, command, status, days, redriven):
    _deliver(platform, "mq-1")
    platform.states.end("a", "titles/mq-1/title.json", status=status, days=days)
    assert command().exit_code == 0
    assert platform.states.redriven == (["a"] if redriven else [])


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"delivered_at": 0}, "listed since"),
        ({"retired_at": 5}, "retired since"),
        ({"delivered_at": -60}, None),
        ({"retired_at": -60}, None),
    ],
)
def test_what_was_listed_or_retired_since_is_left(platform, command, fields, said):
    at = _deliver(platform, "mq-1")
    times = {name: at + value for name, value in fields.items()}
    platform.titles.put_item(Item={"title_id": "mq-1", **times})
    platform.states.end("a", "titles/mq-1/title.json")
    answer = command()
    assert answer.exit_code == 0
    assert platform.states.redriven == ([] if said else ["a"])
    assert (said or "re-driven") in answer.output


def test_of_several_failures_of_a_title_the_newest_is_re_driven(platform, command):
    _deliver(platform, "mq-1")
    platform.deliver("batches/b1/mq-1")
    platform.states.end("old", "batches/b1/mq-1/title.json", days=2)
    platform.states.end("new", "titles/mq-1/title.json", days=1)
    assert command().exit_code == 0
    assert platform.states.redriven == ["new"]


def test_only_the_titles_that_are_named_are_re_driven(platform, command):
    _deliver(platform, "mq-1", "mq-2")
    for number in (1, 2):
        platform.states.end(f"run-{number}", f"titles/mq-{number}/title.json")
    assert command("mq-2").exit_code == 0
    assert platform.states.redriven == ["run-2"]


def test_a_dry_run_re_drives_nothing_and_says_what_it_would(platform, command):
    _deliver(platform, "mq-1")
    platform.states.end("a", "titles/mq-1/title.json")
    assert "would be re-driven" in command("--dry-run").output
    assert platform.states.redriven == []


def test_what_was_started_by_hand_with_another_input_is_re_driven_too(platform, command):
    platform.states.end("a", "", input="none of ours")
    platform.states.end("b", "", input="none of ours")
    assert command().exit_code == 0
    assert sorted(platform.states.redriven) == ["a", "b"]
