"""Editors' rules: checked before they are stored, shown as they are, taken back whole."""

from __future__ import annotations

import json

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from schemas.editorial import EDITORIAL_KEY
from scripts.operators import editorial
from scripts.operators.__main__ import app

RULES = {
    "pins": [{"title_id": "t1", "place": 2, "from": "2026-12-01T00:00:00+00:00"}],
    "caps": [{"by": "director", "most": 2, "within": 10}],
}


class FakeDeployment:
    def __init__(self, stage):
        pass

    def client(self, service):
        return boto3.client(service, region_name="us-east-1")

    def output(self, area, name):
        return {"ModelBucketName": "models", "TitlesTableName": "titles"}[name]


@pytest.fixture
def s3(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setattr(editorial, "Deployment", FakeDeployment)
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="models")
        table = boto3.resource("dynamodb", region_name="us-east-1").create_table(
            TableName="titles",
            KeySchema=[{"AttributeName": "title_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "title_id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        table.put_item(Item={"title_id": "t1"})
        yield client


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "rules.json"
    path.write_text(json.dumps(RULES))
    return path


def run(*words):
    return CliRunner().invoke(app, ["editorial", *map(str, words)])


def in_force(s3):
    found = s3.list_objects_v2(Bucket="models").get("Contents", [])
    return [json.loads(s3.get_object(Bucket="models", Key=o["Key"])["Body"].read()) for o in found]


def test_rules_are_set_shown_and_cleared(s3, file):
    assert "1 pins, 0 boosts, 1 caps" in run("set", file).output
    assert in_force(s3) == [RULES]
    assert json.loads(run("show").output) == RULES
    assert run("clear").exit_code == 0
    assert in_force(s3) == []
    assert "no rules" in run("show").output


def test_dry_runs_print_the_change_and_change_nothing(s3, file):
    output = run("set", file, "--dry-run").output
    assert '+      "title_id": "t1",' in output
    assert in_force(s3) == []
    run("set", file)
    assert '-      "title_id": "t1",' in run("clear", "--dry-run").output
    assert in_force(s3) == [RULES]
    assert "nothing changes" in run("set", file, "--dry-run").output


def test_an_error_names_the_fields_and_nothing_is_stored(s3, file):
    file.write_text('{"pins": [{"title_id": "t1", "place": 0}], "boosts": [{"factor": 20}]}')
    answer = run("set", file)
    assert answer.exit_code == 1
    assert "pins[0].place: must be greater than or equal to 1" in answer.stderr
    assert "boosts[0].factor: must be less than or equal to 10" in answer.stderr
    assert in_force(s3) == []


def test_a_missing_file_is_named(s3, tmp_path):
    answer = run("set", tmp_path / "gone.json")
    assert answer.exit_code == 1
    assert "gone.json" in answer.stderr


def test_titles_that_are_not_there_are_told_of(s3, file):
    assert "not in the titles table" not in run("set", file).output
    file.write_text('{"boosts": [{"title_ids": ["t1", "t2"], "factor": 2}]}')
    output = run("set", file, "--dry-run").output
    assert "t2 is not in the titles table" in output
    assert "t1 is not" not in output


def test_a_damaged_document_is_shown_as_it_is_and_can_be_replaced(s3, file):
    s3.put_object(Bucket="models", Key=EDITORIAL_KEY, Body=b"{oops")
    output = run("show").output
    assert "damaged" in output
    assert "{oops" in output
    assert run("set", file).exit_code == 0
    assert in_force(s3) == [RULES]
