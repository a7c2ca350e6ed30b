"""The operations stack, and the two scripts that it carries into the account."""

import hashlib
import importlib.util
import json
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import boto3
import pytest
from moto import mock_aws

from operations.rollback_model import RollbackError, roll_back
from stacks.config import STAGES
from tests.infrastructure.synthesis import ROOT, Template

Find = Callable[..., Template]
ALARM = "AWS::CloudWatch::Alarm"
NOW = 1_795_000_000.0


@pytest.fixture
def operations(template: Find) -> Template:
    return template("operations")


def _names(alarm: dict[str, Any]) -> set[str]:
    """The metrics that an alarm looks at, by name or by query."""
    if "MetricName" in alarm:
        return {alarm["MetricName"]}
    named = {
        item["MetricStat"]["Metric"]["MetricName"]
        for item in alarm["Metrics"]
        if "MetricStat" in item
    }
    return named or {item["Expression"] for item in alarm["Metrics"]}


@pytest.mark.parametrize(
    ("name", "looks_at"),
    [
        ("ApiErrors", {"5xx", "Count"}),
        ("ApiLatency", {"Latency"}),
        ("ConsumerLag", {"IteratorAge"}),
        ("NotThroughEdge", {'SELECT SUM(NotThroughEdge) FROM "Marquee/prod"'}),
        ("PoisonRecords", {'SELECT SUM(PoisonRecords) FROM "Marquee/prod"'}),
        ("EventsOnFailureDelivered", {"OnFailureDestinationDeliveredEventCount"}),
        ("StreamThrottled", {"WriteProvisionedThroughputExceeded"}),
        ("TableThrottled", {"ReadThrottleEvents", "WriteThrottleEvents"}),
        ("FirehoseFreshness", {"DeliveryToS3.DataFreshness"}),
        ("LakeSilent", {"IncomingRecords", "DeliveryToS3.Records"}),
        ("LakeRefused", {"FailedConversion.Records"}),
        ("Origin5xx", {"5xxErrorRate"}),
        ("FleetAtMaximum", {"GroupDesiredCapacity"}),
        ("TrainingFailed", {"ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"}),
        ("TrainingNotStarted", {"ApproximateNumberOfMessagesVisible"}),
        ("CanaryFailed", {"SuccessPercent"}),
        ("BackupFailed", {"NumberOfBackupJobsFailed"}),
    ],
)
def test_an_alarm_looks_at_its_metric(operations: Template, name: str, looks_at: set[str]) -> None:
    (alarm,) = (
        alarm
        for alarm in operations.properties(ALARM)
        if f"docs/runbooks/{name}.md" in alarm["AlarmDescription"]
    )
    assert _names(alarm) == looks_at


def test_an_idle_stage_is_not_an_ill_one(template: Find) -> None:
    ill = {
        name
        for area in ("streaming", "training", "operations")
        for name, alarm in template(area).of_type(ALARM).items()
        if alarm["Properties"]["TreatMissingData"] != "notBreaching"
    }
    # An hourly function that says nothing is one that did not run, and a fleet that says nothing
    # has no watcher: it says each minute that it is there, idle or not.
    expected = ("LakeBehind", "FleetNotCounted")
    assert [name for name in ill if not any(part in name for part in expected)] == []
    assert len(ill) == len(expected)


def test_both_consumers_are_watched_for_lag_and_for_what_they_give_up(
    operations: Template,
) -> None:
    for name in ("ConsumerLag", "EventsOnFailureDelivered"):
        alarm = operations.named(ALARM, f"EventAlarms{name}")
        assert sum("MetricStat" in item for item in alarm["Metrics"]) == 2


def test_consumers_count_what_they_give_up(template: Find) -> None:
    mappings = template("events").properties("AWS::Lambda::EventSourceMapping")
    assert [item["MetricsConfig"] for item in mappings] == [{"Metrics": ["EventCount"]}] * 2


def test_all_four_tables_are_watched_for_throttling(operations: Template) -> None:
    alarm = operations.named(ALARM, "EventAlarmsTableThrottled")
    assert sum("MetricStat" in item for item in alarm["Metrics"]) == 8


def test_one_hour_of_the_lake_that_stays_behind_is_an_alarm(operations: Template) -> None:
    alarm = operations.named(ALARM, "EventAlarmsLakeBehind")
    assert (alarm["Threshold"], alarm["EvaluationPeriods"]) == (1, 3)
    assert alarm["TreatMissingData"] == "breaching"


def test_a_lake_that_gets_nothing_is_an_alarm_where_events_are_taken(operations: Template) -> None:
    alarm = operations.named(ALARM, "EventAlarmsLakeSilent")
    (expression,) = (item["Expression"] for item in alarm["Metrics"] if "Expression" in item)
    assert expression == "IF(FILL(taken, 0) > 0 AND FILL(landed, 0) == 0, 1, 0)"
    assert (alarm["Threshold"], alarm["EvaluationPeriods"]) == (1, 2)


def test_the_fleets_limit_is_the_stages(operations: Template) -> None:
    alarm = operations.named(ALARM, "DeliveryAlarmsFleetAtMaximum")
    assert alarm["Threshold"] == STAGES["prod"].fleet.maximum


def test_one_alarm_says_that_viewers_are_affected(operations: Template) -> None:
    rule = json.dumps(operations.only("AWS::CloudWatch::CompositeAlarm")["AlarmRule"])
    assert rule.count("ALARM(") == 6


def test_every_alarm_of_the_stage_reaches_the_operators(operations: Template) -> None:
    rule = operations.only("AWS::Events::Rule")
    (topic,) = operations.of_type("AWS::SNS::Topic")
    assert rule["EventPattern"]["detail"]["alarmName"] == [{"prefix": "marquee-prod-"}]
    assert rule["Targets"][0]["Arn"] == {"Ref": topic}


@pytest.mark.parametrize("area", ["streaming", "training", "operations"])
def test_no_alarm_has_a_name_that_the_feed_would_miss(template: Find, area: str) -> None:
    # A name that CloudFormation makes begins with the stack's, and so with the feed's prefix.
    kinds = (ALARM, "AWS::CloudWatch::CompositeAlarm")
    alarms = [alarm for kind in kinds for alarm in template(area).properties(kind)]
    named = [alarm["AlarmName"] for alarm in alarms if "AlarmName" in alarm]
    assert [name for name in named if not name.startswith("marquee-prod-")] == []


def test_what_the_operators_are_told_is_encrypted(operations: Template) -> None:
    assert "KmsMasterKeyId" in operations.only("AWS::SNS::Topic")


@pytest.mark.parametrize("service", ["events.amazonaws.com", "budgets.amazonaws.com"])
def test_who_may_publish_may_also_use_the_topics_key(operations: Template, service: str) -> None:
    key = operations.named("AWS::KMS::Key", "OperatorsKey")
    allowed = [
        statement
        for statement in key["KeyPolicy"]["Statement"]
        if service in json.dumps(statement["Principal"])
    ]
    assert "kms:GenerateDataKey*" in json.dumps(allowed)


@pytest.mark.parametrize("stage", list(STAGES))
def test_the_budget_is_the_stages(template: Find, stage: str) -> None:
    budget = template("operations", stage).only("AWS::Budgets::Budget")
    wanted = STAGES[stage].monthly_budget_usd
    assert budget["Budget"]["BudgetLimit"] == {"Amount": wanted, "Unit": "USD"}


@pytest.mark.parametrize(
    ("stage", "rate"), [("prod", "rate(5 minutes)"), ("dev", "rate(60 minutes)")]
)
def test_the_canary_comes_more_often_where_viewers_are(
    template: Find, stage: str, rate: str
) -> None:
    canary = template("operations", stage).only("AWS::Synthetics::Canary")
    assert canary["Schedule"]["Expression"] == rate


@pytest.mark.parametrize(("stage", "days"), [("prod", 35), ("dev", 7)])
def test_the_tables_are_backed_up_every_night(template: Find, stage: str, days: int) -> None:
    operations = template("operations", stage)
    (rule,) = operations.only("AWS::Backup::BackupPlan")["BackupPlan"]["BackupPlanRule"]
    assert rule["Lifecycle"] == {"DeleteAfterDays": days}
    selection = operations.only("AWS::Backup::BackupSelection")["BackupSelection"]
    assert len(selection["Resources"]) == 4


def test_the_dashboard_shows_every_alarm(operations: Template, template: Find) -> None:
    parts = operations.only("AWS::CloudWatch::Dashboard")["DashboardBody"]["Fn::Join"][1]
    shown = json.dumps(parts)
    for area in ("api", "streaming", "training"):
        for alarm in template(area).of_type(ALARM):
            assert alarm in shown
    for alarm in operations.of_type(ALARM):
        assert alarm in shown


def test_the_rollback_runs_the_script_that_is_tested_here(operations: Template) -> None:
    content = operations.only("AWS::SSM::Document")["Content"]
    script = content["mainSteps"][0]["inputs"]["Script"]
    assert script == (ROOT / "operations" / "rollback_model.py").read_text()


def test_the_rollback_may_write_the_pointer_and_nothing_else(operations: Template) -> None:
    written = [
        statement["Resource"]
        for where, statement in operations.statements()
        if "ModelRollback" in where and statement["Action"] == "s3:PutObject"
    ]
    assert len(written) == 1
    assert "models/current.json" in json.dumps(written[0])


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="models")
        yield "models"


def _put(key: str, content: object) -> None:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    client = boto3.client("s3", region_name="us-east-1")
    client.put_object(Bucket="models", Key=key, Body=body)


def _roll_back(bucket: str) -> dict[str, str]:
    return roll_back(boto3.client("s3", region_name="us-east-1"), bucket, now=NOW)


def test_a_rollback_points_to_the_version_before(bucket: str) -> None:
    _put("models/current.json", {"version": "v2", "previous": "v1"})
    _put("models/v1/model.bin", b"artifact")
    _put("models/v1/metrics.json", {"ndcg_at_10": 0.2})
    assert _roll_back(bucket) == {"from": "v2", "to": "v1"}
    client = boto3.client("s3", region_name="us-east-1")
    pointer = json.loads(client.get_object(Bucket=bucket, Key="models/current.json")["Body"].read())
    assert pointer == {
        "version": "v1",
        "key": "models/v1/model.bin",
        "sha256": hashlib.sha256(b"artifact").hexdigest(),
        "bytes": 8,
        "published_at": NOW,
        "metrics": {"ndcg_at_10": 0.2},
        "previous": None,
    }


def test_the_first_version_has_nothing_before_it(bucket: str) -> None:
    _put("models/current.json", {"version": "v1", "previous": None})
    with pytest.raises(RollbackError, match="v1 is the first version"):
        _roll_back(bucket)


def test_a_rollback_to_an_artifact_that_is_gone_changes_nothing(bucket: str) -> None:
    _put("models/current.json", {"version": "v2", "previous": "v1"})
    with pytest.raises(RollbackError, match="models/v1/model.bin"):
        _roll_back(bucket)
    client = boto3.client("s3", region_name="us-east-1")
    pointer = json.loads(client.get_object(Bucket=bucket, Key="models/current.json")["Body"].read())
    assert pointer["version"] == "v2"


@pytest.fixture
def canary() -> ModuleType:
    path = ROOT / "operations" / "canary" / "python" / "canary.py"
    spec = importlib.util.spec_from_file_location("canary", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


Answers = dict[str, tuple[int, bytes]]
WELL: Answers = {"/": (200, b"<!doctype html><html>"), "/v1/titles": (401, b"{}")}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"/": (503, b"")}, "/ answered 503"),
        ({"/": (200, b"an error page")}, "/ answered 200"),
        ({"/v1/titles": (200, b"[]")}, "without a token answered 200"),
        ({"/v1/titles": (500, b"")}, "without a token answered 500"),
    ],
)
def test_the_canary_says_what_it_met(
    canary: ModuleType, monkeypatch: pytest.MonkeyPatch, changed: Answers, said: str
) -> None:
    answers = {**WELL, **changed}
    monkeypatch.setattr(canary, "_get", lambda url: answers[url.removeprefix("https://site")])
    with pytest.raises(canary.UnexpectedAnswerError, match=said):
        canary.check("https://site")


def test_the_canary_is_content_with_a_platform_that_works(
    canary: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(canary, "_get", lambda url: WELL[url.removeprefix("https://site")])
    canary.check("https://site")
