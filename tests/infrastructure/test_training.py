"""The training stack: a request that SageMaker takes, and a workflow that fails well."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator
from jsonata.jsonata import Jsonata

from adapters.large_hours import ASKED_PREFIX, PATIENCE_SECONDS
from schemas.lake import landing_schema
from services.lake import LakeHour
from stacks.config import STAGES
from stacks.constructs.training_code import stage_training_code
from tests.infrastructure.synthesis import ROOT, Template, listed

Find = Callable[..., Template]
TASKS = {"Snapshot", "Train", "Gate", "Register", "Publish", "Verify"}


@pytest.fixture
def training(template: Find) -> Template:
    return template("training")


def _states(training: Template) -> dict[str, dict[str, Any]]:
    machine = training.named("AWS::StepFunctions::StateMachine", "Workflow")
    definition = json.loads(_text(machine["DefinitionString"]))
    found: dict[str, dict[str, Any]] = definition["States"]
    return found


def _text(value: Any) -> str:
    """A template's string, with a stand-in for what only a deployment knows."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return str(separator).join(_text(part) for part in parts)
    if "Ref" in value:
        return {"AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com"}.get(
            value["Ref"], "000000000000"
        )
    return "arn:aws:iam::000000000000:role/stand-in"


def _filled(request: dict[str, Any]) -> Any:
    """The request as Step Functions sends it: paths replaced by what they might be."""
    # The longest there is: two UUIDs, as an execution has that a rule started.
    run = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0_0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
    prefix = f"s3://models/snapshots/{run}"
    values = {
        "$$.Execution.Name": run,
        "$.titles_uri": f"{prefix}/titles/",
        "$.interactions_uri": f"{prefix}/interactions/",
        "$.reason": "better",
        "$.version": run,
        "$.artifact_uri": "s3://models/jobs/marquee-x/output/model.tar.gz",
        "States.Format('marquee-{}', States.UUID())": f"marquee-{run.split('_')[0]}",
    }
    if isinstance(request, dict):
        return {
            name.removesuffix(".$"): values[value] if name.endswith(".$") else _filled(value)
            for name, value in request.items()
        }
    return [_filled(item) for item in request] if isinstance(request, list) else request


def _problems(operation: str, request: dict[str, Any]) -> str:
    model = botocore.session.get_session().get_service_model("sagemaker")
    shape = model.operation_model(operation).input_shape
    return str(ParamValidator().validate(request, shape).generate_report())


@pytest.mark.parametrize("stage", list(STAGES))
def test_sagemaker_takes_the_jobs_request(template: Find, stage: str) -> None:
    request = _filled(_states(template("training", stage))["Train"]["Parameters"])
    assert _problems("CreateTrainingJob", request) == ""


def test_sagemaker_takes_the_model_packages_request(training: Template) -> None:
    request = _filled(_states(training)["Register"]["Parameters"])
    assert _problems("CreateModelPackage", request) == ""


def test_the_job_is_waited_for_by_the_native_integration(training: Template) -> None:
    resource = _states(training)["Train"]["Resource"]
    assert resource == "arn:aws:states:::sagemaker:createTrainingJob.sync"


def test_the_job_has_no_network(training: Template) -> None:
    request = _states(training)["Train"]["Parameters"]
    assert (
        request["EnableNetworkIsolation"],
        request["EnableInterContainerTrafficEncryption"],
    ) == (
        True,
        True,
    )


def test_the_job_runs_the_code_channel_under_the_containers_root(training: Template) -> None:
    request = _states(training)["Train"]["Parameters"]
    entry = request["AlgorithmSpecification"]["ContainerEntrypoint"]
    channels = [channel["ChannelName"] for channel in request["InputDataConfig"]]
    assert entry[-1] == "exec python3 /opt/ml/input/data/code/*.zip --root /opt/ml"
    assert channels == ["code", "titles", "interactions"]


@pytest.mark.parametrize("stage", list(STAGES))
def test_the_job_is_as_large_and_as_long_as_the_stage_says(template: Find, stage: str) -> None:
    request = _states(template("training", stage))["Train"]["Parameters"]
    wanted = STAGES[stage].training
    assert request["ResourceConfig"]["InstanceType"] == wanted.instance_type
    assert request["StoppingCondition"]["MaxRuntimeInSeconds"] == wanted.max_runtime_seconds
    assert request["EnableManagedSpotTraining"] is wanted.managed_spot


@pytest.mark.parametrize("line", ["metric ndcg_at_10=0.1234;", "metric ndcg_at_10=1e-05;"])
def test_the_jobs_metrics_are_read_from_what_it_prints(training: Template, line: str) -> None:
    request = _states(training)["Train"]["Parameters"]
    definitions = {
        item["Name"]: item["Regex"]
        for item in request["AlgorithmSpecification"]["MetricDefinitions"]
    }
    found = re.search(definitions["ndcg_at_10"], line)
    assert found
    assert float(found[1]) == float(line.split("=")[1].rstrip(";"))


@pytest.mark.parametrize("name", sorted(TASKS))
def test_every_step_that_fails_is_told_of(training: Template, name: str) -> None:
    (catch,) = _states(training)[name]["Catch"]
    assert (catch["ErrorEquals"], catch["Next"]) == (["States.ALL"], "Say what failed")


@pytest.mark.parametrize("name", sorted(TASKS))
def test_no_step_is_retried_for_ever_nor_for_every_error(training: Template, name: str) -> None:
    for retry in _states(training)[name]["Retry"]:
        assert "States.ALL" not in retry["ErrorEquals"]
        assert retry["MaxAttempts"] <= 6


def test_a_failed_job_is_not_run_a_second_time(training: Template) -> None:
    retried = {
        error for retry in _states(training)["Train"]["Retry"] for error in retry["ErrorEquals"]
    }
    assert not retried & {"States.TaskFailed", "SageMaker.AmazonSageMakerException"}


def test_a_failed_run_ends_failed_with_its_cause(training: Template) -> None:
    states = _states(training)
    assert states["Say what failed"]["Next"] == "Failed"
    assert states["Failed"] == {
        "Type": "Fail",
        "ErrorPath": "$.error.Error",
        "CausePath": "$.error.Cause",
    }


def test_only_a_promoted_model_is_published(training: Template) -> None:
    states = _states(training)
    choice = states["Better than the incumbent?"]
    assert choice["Default"] == "Kept incumbent"
    assert choice["Choices"] == [
        {"Variable": "$.promote", "BooleanEquals": True, "Next": "Register"}
    ]
    assert states["Kept incumbent"]["Type"] == "Succeed"


def test_the_workflow_runs_in_order(training: Template) -> None:
    states = _states(training)
    order, name = [], "Snapshot"
    while "Next" in states[name]:
        order.append(name)
        name = states[name]["Next"]
    assert order == ["Snapshot", "Train", "Gate"]
    assert [states[step]["Next"] for step in ("Register", "Publish", "Verify")] == [
        "Publish",
        "Verify",
        "Promoted",
    ]


def test_the_workflow_is_written_as_json_paths(training: Template) -> None:
    assert not [state for state in _states(training).values() if "QueryLanguage" in state]


def test_every_execution_is_logged_and_traced(training: Template) -> None:
    machine = training.named("AWS::StepFunctions::StateMachine", "Workflow")
    assert machine["LoggingConfiguration"]["Level"] == "ALL"
    assert machine["TracingConfiguration"] == {"Enabled": True}


def test_the_jobs_role_is_passed_to_sagemaker_alone(training: Template) -> None:
    (statement,) = (
        statement
        for _, statement in training.statements()
        if statement["Action"] == "iam:PassRole"
        and "sagemaker" in json.dumps(statement["Condition"])
    )
    assert statement["Condition"] == {
        "StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}
    }


def test_the_gate_can_write_nothing(training: Template) -> None:
    actions = training.granted("StepsGateRole")
    assert not {action for action in actions if action.startswith(("s3:Put", "dynamodb:"))}


@pytest.mark.parametrize("stage", list(STAGES))
def test_training_runs_by_the_clock_where_the_stage_says(template: Find, stage: str) -> None:
    schedules = [
        schedule["Properties"]
        for name, schedule in template("training", stage)
        .of_type("AWS::Scheduler::Schedule")
        .items()
        if name.startswith("Triggers")
    ]
    wanted = STAGES[stage].training.schedule
    assert [item["ScheduleExpression"] for item in schedules] == ([wanted] if wanted else [])


def test_a_run_that_could_not_start_is_kept(training: Template) -> None:
    target = training.named("AWS::Scheduler::Schedule", "Triggers")["Target"]
    assert "Undelivered" in json.dumps(target["DeadLetterConfig"])


def test_drift_of_what_is_served_starts_a_run(training: Template) -> None:
    rule = training.named("AWS::Events::Rule", "Triggers")
    (alarm,) = training.of_type("AWS::CloudWatch::Alarm")
    assert rule["EventPattern"]["resources"] == [{"Fn::GetAtt": [alarm, "Arn"]}]
    assert rule["EventPattern"]["detail"] == {"state": {"value": ["ALARM"]}}


def test_spark_costs_nothing_while_idle(training: Template) -> None:
    application = training.only("AWS::EMRServerless::Application")
    assert application["AutoStopConfiguration"] == {"Enabled": True, "IdleTimeoutMinutes": 5}
    assert "InitialCapacity" not in application
    assert application["Architecture"] == "ARM64"


def test_the_code_channel_holds_the_package_and_the_one_recommender(tmp_path: Path) -> None:
    folder = stage_training_code(tmp_path)
    assert (folder / "__main__.py").exists()
    assert (folder / "recommender" / "ranker.py").read_bytes() == (
        ROOT / "lambda_src" / "recommender" / "ranker.py"
    ).read_bytes()
    assert not [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".py"]


def test_the_code_channel_is_the_same_every_time(tmp_path: Path) -> None:
    first, second = stage_training_code(tmp_path / "a"), stage_training_code(tmp_path / "b")
    assert first.name == second.name


def test_the_code_channel_starts_as_the_container_starts_it(tmp_path: Path) -> None:
    archive = shutil.make_archive(str(tmp_path / "code"), "zip", stage_training_code(tmp_path))
    ran = subprocess.run(
        [sys.executable, archive, "--help"], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, "--root" in ran.stdout) == (0, True)


def _outcomes(template: Find) -> dict[str, Any]:
    machine = template("training").named("AWS::StepFunctions::StateMachine", "Outcomes")
    return json.loads(_text(machine["DefinitionString"]))


def test_outcomes_are_shown_once_the_job_has_ended(template: Find):
    states = _outcomes(template)["States"]
    job = states["Join impressions with outcomes"]
    assert job["Resource"].endswith(":emr-serverless:startJobRun.sync")
    assert job["Next"] == "Show a new day"
    assert states["Show a new day"]["Catch"][0]["Next"] == "Show it in its place"


@pytest.mark.parametrize(("role", "prefix"), [("Outcomes", "outcomes"), ("LargeHours", "events")])
def test_a_spark_job_may_write_its_own_table_alone(template: Find, role: str, prefix: str):
    training = template("training")
    written = [
        str(statement["Resource"])
        for where, statement in training.statements()
        if f"{role}Role" in where
        and {"s3:PutObject", "s3:DeleteObject"} & set(listed(statement["Action"]))
    ]
    assert written
    assert all(f"/{prefix}/*" in resource for resource in written)


def test_an_hour_that_upkeep_asks_for_starts_a_job_that_ends_before_it_asks_again(template: Find):
    training = template("training")
    rule = training.named("AWS::Events::Rule", "LargeHours")
    assert rule["EventPattern"]["detail"]["object"] == {"key": [{"prefix": f"{ASKED_PREFIX}/"}]}
    machine = training.named("AWS::StepFunctions::StateMachine", "LargeHours")
    definition = json.loads(_text(machine["DefinitionString"]))
    job = definition["States"]["Make the hour whole"]
    assert job["Resource"].endswith(":emr-serverless:startJobRun.sync")
    assert 60 * job["Arguments"]["ExecutionTimeoutMinutes"] < PATIENCE_SECONDS
    said = job["Arguments"]["JobDriver"]["SparkSubmit"]["EntryPointArguments"]
    assert said[said.index("--columns") + 1] == landing_schema()
    hour = LakeHour("2026-11-23", 9).folder
    states = {
        "input": {"key": f"{ASKED_PREFIX}/{hour}/0123456789abcdef", "etag": "f" * 32},
    }
    landed, output = (
        _evaluated(said[said.index(option) + 1], states) for option in ("--landed", "--output")
    )
    assert landed.endswith(f"/landing/{hour}/")
    assert output.endswith(f"/events/{hour}/0123456789abcdef/")
    # The same however often it is told: the run that there is answers for both.
    token = _evaluated(job["Arguments"]["ClientToken"], states)
    assert token == f"0123456789abcdef-{'f' * 32}"
    assert len(token) <= 64
    told = json.dumps(rule["Targets"][0]["InputTransformer"]["InputPathsMap"])
    assert "$.detail.object.etag" in told


def _evaluated(text: str, states: dict[str, Any]) -> str:
    expression = Jsonata(text.removeprefix("{%").removesuffix("%}"))
    expression.assign("states", states)
    return str(expression.evaluate(None))
