"""The packaging stack: a workflow that lists last, fails where it stands, and may little."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from stacks.config import STAGES
from tests.infrastructure.synthesis import Template, listed

Find = Callable[..., Template]
TASKS = ["Examine", "Package", "Check", "Arrange", "List"]


@pytest.fixture
def packaging(template: Find) -> Template:
    return template("packaging")


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return str(separator).join(_text(part) for part in parts)
    return {"AWS::Partition": "aws"}.get(value.get("Ref"), "000000000000")


def _machine(packaging: Template, prefix: str) -> dict[str, Any]:
    machine = packaging.named("AWS::StepFunctions::StateMachine", prefix)
    found: dict[str, Any] = json.loads(_text(machine["DefinitionString"]))
    return found


@pytest.fixture
def states(packaging: Template) -> dict[str, Any]:
    found: dict[str, Any] = _machine(packaging, "Title")["States"]
    return found


def test_a_title_is_listed_after_everything_else(states: dict[str, Any]):
    order, at = [], "Examine"
    while at:
        order.append(at)
        state = states[at]
        at = state.get("Default") or state.get("Next")
    assert [name for name in order if states[name]["Type"] == "Task"] == TASKS


def test_what_is_refused_ends_well_and_what_is_unchanged_is_not_packaged(states: dict[str, Any]):
    choices = {c["StringEquals"]: c["Next"] for c in states["What is to be done?"]["Choices"]}
    assert choices == {"refused": "Refused", "unchanged": "List"}
    assert states["Refused"]["Type"] == "Succeed"


def test_packaging_is_mediaconverts_own_integration(states: dict[str, Any]):
    assert states["Package"]["Resource"] == "arn:aws:states:::mediaconvert:createJob.sync"


def test_mediaconvert_takes_the_request(states: dict[str, Any]):
    request = dict(states["Package"]["Parameters"])
    settings = request.pop("Settings.$")
    assert settings == "$.job"
    metadata = {name.removesuffix(".$"): "x" for name in request.pop("UserMetadata")}
    model = botocore.session.get_session().get_service_model("mediaconvert")
    shape = model.operation_model("CreateJob").input_shape
    given = {**request, "Role": "arn:aws:iam::1:role/x", "Settings": {}, "UserMetadata": metadata}
    assert ParamValidator().validate(given, shape).generate_report() == ""


@pytest.mark.parametrize("name", TASKS)
def test_a_step_that_fails_is_not_caught_so_that_it_can_be_redriven(
    states: dict[str, Any], name: str
):
    assert "Catch" not in states[name]


@pytest.mark.parametrize("name", TASKS)
def test_no_step_runs_or_is_retried_for_ever(states: dict[str, Any], name: str):
    assert states[name]["TimeoutSeconds"] <= 12 * 3600
    for retry in states[name]["Retry"]:
        assert retry["MaxAttempts"] <= 6
        assert "States.ALL" not in retry["ErrorEquals"]


@pytest.mark.parametrize("stage", list(STAGES))
def test_a_batch_is_packaged_so_many_at_a_time(template: Find, stage: str):
    (every,) = _machine(template("packaging", stage), "Batch")["States"].values()
    assert every["MaxConcurrency"] == STAGES[stage].packaging.concurrency
    assert every["ToleratedFailurePercentage"] == 100
    assert every["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED"
    (prepare,) = every["ItemProcessor"]["States"].values()
    assert prepare["Resource"].endswith(":states:startExecution.sync:2")


def test_a_title_json_below_titles_starts_it_and_nothing_else(packaging: Template):
    rule = packaging.named("AWS::Events::Rule", "TriggersDelivered")
    detail = rule["EventPattern"]["detail"]
    assert detail["object"]["key"] == [{"wildcard": "titles/*/title.json"}]
    (target,) = rule["Targets"]
    assert "DeadLetterConfig" in target


@pytest.mark.parametrize(
    ("rule", "alarm", "machine"),
    [
        ("TriggersFailed", "PackagingFailed", "Title"),
        ("TriggersBatchFailed", "BatchFailed", "Batch"),
    ],
)
def test_every_unhappy_end_is_told_of(packaging: Template, rule: str, alarm: str, machine: str):
    told = packaging.named("AWS::Events::Rule", rule)
    assert told["EventPattern"]["detail"]["status"] == ["FAILED", "TIMED_OUT", "ABORTED"]
    (arn,) = told["EventPattern"]["detail"]["stateMachineArn"]
    assert arn["Ref"].startswith(f"{machine}StateMachine")
    (target,) = told["Targets"]
    assert f"docs/runbooks/{alarm}.md" in target["InputTransformer"]["InputTemplate"]
    metrics = [
        found["MetricStat"]["Metric"]
        for found in packaging.named("AWS::CloudWatch::Alarm", alarm)["Metrics"]
        if "MetricStat" in found
    ]
    names = {metric["MetricName"] for metric in metrics}
    assert names == {"ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"}
    assert [metric["Dimensions"][0]["Value"] for metric in metrics] == [arn] * 3


def test_a_title_that_could_not_be_started_is_tried_again_and_one_that_failed_is_not(
    packaging: Template,
):
    (every,) = _machine(packaging, "Batch")["States"].values()
    (prepare,) = every["ItemProcessor"]["States"].values()
    (retry,) = prepare["Retry"]
    assert {name.partition(".")[0] for name in retry["ErrorEquals"]} == {"StepFunctions"}
    assert retry["MaxAttempts"] <= 6
    assert retry["MaxDelaySeconds"] <= 120
    assert retry["JitterStrategy"] == "FULL"


def test_the_job_reads_deliveries_and_writes_staging_alone(packaging: Template):
    allowed = {
        (action, suffix)
        for where, statement in packaging.statements()
        if "JobRole" in where and "Principal" not in statement
        for action in listed(statement["Action"])
        if action != "s3:ListBucket"
        for resource in listed(statement["Resource"])
        for suffix in [resource["Fn::Join"][1][-1]]
    }
    assert allowed == {
        ("s3:GetObject", "/titles/*"), ("s3:GetObject", "/batches/*"),
        ("s3:PutObject", "/staging/*"),
    }  # fmt: skip


def test_a_batch_reads_manifests_alone(packaging: Template):
    read = {
        resource["Fn::Join"][1][-1]
        for where, statement in packaging.statements()
        if "BatchStateMachine" in where
        for resource in listed(statement.get("Resource", []))
        if "s3:GetObject" in listed(statement["Action"])
    }
    assert read == {"/batches/*/manifest.json"}


def test_the_first_step_writes_refusals_alone(packaging: Template):
    written = {
        resource["Fn::Join"][1][-1]
        for where, statement in packaging.statements()
        if "StepsExamineRole" in where
        for resource in listed(statement.get("Resource", []))
        if {"s3:PutObject", "s3:DeleteObject"} & set(listed(statement["Action"]))
    }
    assert written == {"/titles/*/refused.json", "/batches/*/refused.json"}


def test_only_the_last_step_may_write_the_titles_table(packaging: Template):
    writers = {
        where.partition("/")[2]
        for where, statement in packaging.statements()
        if "dynamodb:UpdateItem" in listed(statement["Action"])
    }
    assert len(writers) == 1
    assert next(iter(writers)).startswith("StepsListRole")


def test_the_last_step_tags_media_and_neither_reads_nor_writes_it(packaging: Template):
    allowed = {
        action
        for where, statement in packaging.statements()
        if "StepsListRole" in where
        for action in listed(statement["Action"])
        if action.startswith("s3:")
    }
    assert allowed == {
        "s3:ListBucket", "s3:GetObjectTagging", "s3:PutObjectTagging", "s3:DeleteObjectTagging",
    }  # fmt: skip
