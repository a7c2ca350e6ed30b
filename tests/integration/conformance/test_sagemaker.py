"""Training jobs and model packages, called directly and from state machines."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError
from conformance import ROLE, Aws, packed, unique, wait_for

# What a training package's __main__.py may be: does as its hyperparameters say.
ENTRY = """
import json, os, pathlib, sys, time
root = pathlib.Path(sys.argv[sys.argv.index("--root") + 1])
asked = json.loads((root / "input/config/hyperparameters.json").read_text())
time.sleep(float(asked.get("seconds", 0)))
rows = [p.read_text() for p in sorted((root / "input/data/ratings").rglob("*.csv"))]
print("metric loss=0.9;")
print("metric loss=0.25;")
if "fail" in asked:
    (root / "output/failure").write_text(asked["fail"])
    sys.exit(1)
(root / "model/sum.json").write_text(json.dumps({"rows": rows, "environment": dict(os.environ)}))
"""


class Workshop:
    """A bucket with a code package and a channel, and requests that use them."""

    def __init__(self, aws: Aws) -> None:
        self.aws, self.api, self.bucket = aws, aws.client("sagemaker"), aws.bucket()
        s3 = aws.client("s3")
        code = packed({"__main__.py": ENTRY})
        s3.put_object(Bucket=self.bucket, Key="code/abc.zip", Body=code)
        s3.put_object(Bucket=self.bucket, Key="data/ratings/a.csv", Body=b"1,2")
        s3.put_object(Bucket=self.bucket, Key="data/ratings/deep/b.csv", Body=b"3,4")

    def request(self, **hyperparameters: str) -> dict[str, Any]:
        run = "exec python3 /opt/ml/input/data/code/*.zip --root /opt/ml"
        return {
            "TrainingJobName": unique("job"),
            "RoleArn": ROLE,
            "AlgorithmSpecification": {
                "TrainingImage": "000000000000.dkr.ecr.us-east-1.amazonaws.com/python:3",
                "TrainingInputMode": "File",
                "ContainerEntrypoint": ["/bin/sh", "-c", run],
                "MetricDefinitions": [{"Name": "loss", "Regex": "metric loss=([0-9.]+);"}],
            },
            "HyperParameters": hyperparameters,
            "InputDataConfig": [
                self.channel("code", "code/abc.zip"),
                self.channel("ratings", "data/ratings"),
            ],
            "OutputDataConfig": {"S3OutputPath": f"s3://{self.bucket}/jobs"},
            "ResourceConfig": {
                "InstanceCount": 1,
                "InstanceType": "ml.m5.large",
                "VolumeSizeInGB": 1,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        }

    def channel(self, name: str, prefix: str) -> dict[str, Any]:
        source = {
            "S3DataType": "S3Prefix",
            "S3DataDistributionType": "FullyReplicated",
            "S3Uri": f"s3://{self.bucket}/{prefix}",
        }
        return {"ChannelName": name, "DataSource": {"S3DataSource": source}}

    def run(self, request: dict[str, Any]) -> dict[str, Any]:
        self.api.create_training_job(**request)
        return self.ended(request["TrainingJobName"])

    def ended(self, name: str) -> dict[str, Any]:
        def description():
            job = self.api.describe_training_job(TrainingJobName=name)
            return job["TrainingJobStatus"] in ("Completed", "Failed", "Stopped") and job

        return wait_for(description, seconds=20)

    def model(self, job: dict[str, Any]) -> dict[str, Any]:
        key = job["ModelArtifacts"]["S3ModelArtifacts"].partition(f"{self.bucket}/")[2]
        body = self.aws.objects(self.bucket)[key]
        with tarfile.open(fileobj=io.BytesIO(body)) as archive:
            return json.load(archive.extractfile("sum.json"))


@pytest.fixture(scope="module")
def workshop(aws) -> Workshop:
    return Workshop(aws)


@pytest.fixture
def group(aws) -> Iterator[str]:
    name = unique("models")
    aws.client("sagemaker").create_model_package_group(ModelPackageGroupName=name)
    return name


def test_a_job_trains_on_its_channels_and_leaves_its_model(workshop):
    request = workshop.request()
    job = workshop.run(request)
    assert job["TrainingJobStatus"] == "Completed"
    artifact = job["ModelArtifacts"]["S3ModelArtifacts"]
    folder = f"s3://{workshop.bucket}/jobs/{request['TrainingJobName']}"
    assert artifact == f"{folder}/output/model.tar.gz"
    assert workshop.model(job)["rows"] == ["1,2", "3,4"]


def test_metrics_are_read_from_what_a_job_prints(workshop):
    metrics = workshop.run(workshop.request())["FinalMetricDataList"]
    assert [(metric["MetricName"], metric["Value"]) for metric in metrics] == [("loss", 0.25)]


def test_what_a_job_prints_is_in_its_log(workshop):
    request = workshop.request()
    workshop.run(request)
    logs, group = workshop.aws.client("logs"), "/aws/sagemaker/TrainingJobs"
    (stream,) = logs.describe_log_streams(
        logGroupName=group, logStreamNamePrefix=f"{request['TrainingJobName']}/algo-1-"
    )["logStreams"]
    events = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])[
        "events"
    ]
    assert [event["message"] for event in events] == ["metric loss=0.9;", "metric loss=0.25;"]


def test_an_isolated_job_has_no_credentials_and_no_way_to_the_emulator(workshop):
    seen = workshop.model(workshop.run({**workshop.request(), "EnableNetworkIsolation": True}))
    assert not {"AWS_ACCESS_KEY_ID", "AWS_ENDPOINT_URL"} & set(seen["environment"])
    seen = workshop.model(workshop.run(workshop.request()))
    assert seen["environment"]["AWS_ENDPOINT_URL"] == workshop.aws.endpoint
    assert "GATEWAY_PORT" not in seen["environment"]


def test_a_job_that_fails_says_why_and_leaves_no_model(workshop):
    request = workshop.request(fail="too few ratings")
    job = workshop.run(request)
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: too few ratings, exit code: 1"
    assert not workshop.aws.objects(workshop.bucket, f"jobs/{request['TrainingJobName']}")


def test_a_job_without_data_fails_before_it_runs(workshop):
    request = workshop.request()
    request["InputDataConfig"].append(workshop.channel("titles", "nothing/here"))
    job = workshop.run(request)
    assert job["TrainingJobStatus"] == "Failed"
    assert "No S3 objects found" in job["FailureReason"]


def test_a_job_is_ended_at_its_stopping_condition(workshop):
    request = workshop.request(seconds="30")
    request["StoppingCondition"]["MaxRuntimeInSeconds"] = 1
    job = workshop.run(request)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")


def test_a_job_can_be_stopped(workshop):
    request = workshop.request(seconds="30")
    workshop.api.create_training_job(**request)
    name = request["TrainingJobName"]
    wait_for(
        lambda: (
            workshop.api.describe_training_job(TrainingJobName=name)["SecondaryStatus"]
            == "Training"
        )
    )
    workshop.api.stop_training_job(TrainingJobName=name)
    assert workshop.ended(name)["TrainingJobStatus"] == "Stopped"


def test_a_name_is_taken_once(workshop):
    request = workshop.request()
    workshop.run(request)
    with pytest.raises(ClientError, match="ResourceInUse"):
        workshop.api.create_training_job(**request)


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        (("ResourceConfig", "InstanceType"), "ml.imaginary.large"),
        (("AlgorithmSpecification", "TrainingInputMode"), "Post"),
        (("TrainingJobName",), "not a name"),
        (("StoppingCondition", "MaxRuntimeInSeconds"), 0),
    ],
)
def test_a_setting_that_aws_would_refuse_is_refused(workshop, place, wrong):
    """Sent as a state machine sends it: without a client that checks it first."""
    request = workshop.request()
    target = request
    for name in place[:-1]:
        target = target[name]
    target[place[-1]] = wrong
    with pytest.raises((ClientError, ParamValidationError), match=place[-1]):
        workshop.api.create_training_job(**request)
    run = workshop.aws.run_machine(machine(request))
    assert run["status"] == "FAILED"
    assert run["error"] == "SageMaker.ValidationException"
    assert place[-1] in run["cause"]


def test_a_setting_of_no_such_name_is_refused(workshop):
    run = workshop.aws.run_machine(machine({**workshop.request(), "EnableMagic": True}))
    assert (run["status"], run["error"]) == ("FAILED", "SageMaker.ValidationException")
    assert "EnableMagic" in run["cause"]


def test_a_state_machine_waits_for_the_job_and_gets_its_description(workshop):
    run = workshop.aws.run_machine(machine(workshop.request()))
    assert run["status"] == "SUCCEEDED"
    output = json.loads(run["output"])
    assert output["TrainingJobStatus"] == "Completed"
    assert output["ModelArtifacts"]["S3ModelArtifacts"].endswith("/output/model.tar.gz")


def test_a_state_machine_catches_a_job_that_fails(workshop):
    definition = machine(workshop.request(fail="no luck"))
    definition["States"]["Train"]["Catch"] = [
        {"ErrorEquals": ["States.TaskFailed"], "Next": "Caught"}
    ]
    definition["States"]["Caught"] = {"Type": "Pass", "End": True}
    run = workshop.aws.run_machine(definition)
    assert run["status"] == "SUCCEEDED"
    cause = json.loads(json.loads(run["output"])["Cause"])
    assert cause["FailureReason"] == "AlgorithmError: no luck, exit code: 1"


def test_packages_are_numbered_in_their_group(aws, group):
    api = aws.client("sagemaker")
    arns = [
        api.create_model_package(ModelPackageGroupName=group)["ModelPackageArn"] for _ in range(2)
    ]
    assert [arn.rpartition(f"model-package/{group}/")[2] for arn in arns] == ["1", "2"]
    listed = api.list_model_packages(ModelPackageGroupName=group)["ModelPackageSummaryList"]
    assert [package["ModelPackageVersion"] for package in listed] == [2, 1]


def test_a_package_is_approved(aws, group):
    api = aws.client("sagemaker")
    arn = api.create_model_package(ModelPackageGroupName=group)["ModelPackageArn"]
    assert api.describe_model_package(ModelPackageName=arn)["ModelApprovalStatus"] == (
        "PendingManualApproval"
    )
    api.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    approved = api.list_model_packages(ModelPackageGroupName=group, ModelApprovalStatus="Approved")[
        "ModelPackageSummaryList"
    ]
    assert [package["ModelPackageArn"] for package in approved] == [arn]


def test_a_state_machine_registers_a_package(aws, group):
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sagemaker:createModelPackage",
        "Parameters": {
            "ModelPackageGroupName": group,
            "CustomerMetadataProperties": {"version": "7"},
        },
        "End": True,
    }
    run = aws.run_machine({"StartAt": "Register", "States": {"Register": task}})
    arn = json.loads(run["output"])["ModelPackageArn"]
    package = aws.client("sagemaker").describe_model_package(ModelPackageName=arn)
    assert package["CustomerMetadataProperties"] == {"version": "7"}


def test_a_package_of_no_group_is_refused(aws):
    with pytest.raises(ClientError, match="does not exist"):
        aws.client("sagemaker").create_model_package(ModelPackageGroupName="no-such-group")


def machine(request: dict[str, Any]) -> dict[str, Any]:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
        "Parameters": request,
        "End": True,
    }
    return {"StartAt": "Train", "States": {"Train": task}}
