"""Training jobs: started, described, listed, stopped."""

from __future__ import annotations

import copy
import logging
import os
import shutil
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.emulator.clients import client
from local.emulator.sagemaker.container import Container, DataDownloadError
from local.emulator.sagemaker.errors import InUseError, ValidationError
from local.emulator.sagemaker.log import TrainingLog

Request = dict[str, Any]
Scope = tuple[str, str]  # account, region

ENDED = ("Completed", "Failed", "Stopped")
_logger = logging.getLogger(__name__)


class TrainingJobs:
    """Jobs by ARN; ``state`` is all of it, as JSON."""

    def __init__(self, folder: Path) -> None:
        self.state: dict[str, Request] = {}
        self._folder = folder
        self._containers: dict[str, Container] = {}
        self._ended = threading.Condition()

    def create(self, scope: Scope, request: Request) -> Request:
        """CreateTrainingJob: answers at once, the job runs on."""
        arn = _arn(scope, request["TrainingJobName"])
        if arn in self.state:
            raise InUseError(f"Training job names must be unique: {arn} exists")
        now = time.time()
        job = self.state[arn] = {
            **{key: value for key, value in request.items() if key != "Tags"},
            "TrainingJobArn": arn,
            "TrainingJobStatus": "InProgress",
            "SecondaryStatus": "Starting",
            "SecondaryStatusTransitions": [],
            "CreationTime": now,
            "LastModifiedTime": now,
        }
        name = f"training-{request['TrainingJobName']}"
        threading.Thread(target=self._run, args=(scope, job), name=name, daemon=True).start()
        return {"TrainingJobArn": arn}

    def describe(self, scope: Scope, request: Request) -> Request:
        """DescribeTrainingJob."""
        return copy.deepcopy(self._job(scope, request["TrainingJobName"]))

    def list(self, scope: Scope, request: Request) -> Request:
        """ListTrainingJobs, the newest first unless asked otherwise."""
        names = (
            "TrainingJobName", "TrainingJobArn", "CreationTime", "TrainingEndTime",
            "LastModifiedTime", "TrainingJobStatus",
        )  # fmt: skip
        status, part = request.get("StatusEquals"), request.get("NameContains", "")
        jobs = [
            {name: job[name] for name in names if name in job}
            for arn, job in self.state.items()
            if arn.startswith(_arn(scope, ""))
            and part in job["TrainingJobName"]
            and status in (None, job["TrainingJobStatus"])
        ]
        jobs.sort(key=lambda job: job["CreationTime"])
        if request.get("SortOrder") != "Ascending":
            jobs.reverse()
        return {"TrainingJobSummaries": jobs[: request.get("MaxResults", 10)]}

    def stop(self, scope: Scope, request: Request) -> Request:
        """StopTrainingJob: answers at once, the job ends after it."""
        job = self._job(scope, request["TrainingJobName"])
        if job["TrainingJobStatus"] in ENDED:
            raise ValidationError(f"The job is {job['TrainingJobStatus']}, it can't be stopped")
        job["TrainingJobStatus"] = "Stopping"
        container = self._containers.get(job["TrainingJobArn"])
        if container is not None:
            threading.Thread(target=container.stop, daemon=True).start()
        return {}

    def wait(self, arn: str) -> Request:
        """The job's description once it has ended."""
        with self._ended:
            self._ended.wait_for(lambda: self.state[arn]["TrainingJobStatus"] in ENDED)
        return copy.deepcopy(self.state[arn])

    def restore(self, state: dict[str, Request]) -> None:
        """Takes up saved jobs; one that was running has lost its process."""
        self.state.update(state)
        for job in state.values():
            if job["TrainingJobStatus"] not in ENDED:
                self._end(job, "Failed", reason="InternalServerError: the emulator was ended")

    def _run(self, scope: Scope, job: Request) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        root = Path(tempfile.mkdtemp(dir=self._folder, prefix="job-"))
        try:
            self._train(scope, job, root)
        except DataDownloadError as error:
            self._end(job, "Failed", reason=f"ClientError: {error}")
        except (ClientError, BotoCoreError) as error:
            self._end(job, "Failed", reason=f"ClientError: {error}")
        except Exception as error:
            _logger.exception("training job %s", job["TrainingJobName"])
            self._end(job, "Failed", reason=f"InternalServerError: {error!r}")
        finally:
            self._containers.pop(job["TrainingJobArn"], None)
            shutil.rmtree(root, ignore_errors=True)

    def _train(self, scope: Scope, job: Request, root: Path) -> None:
        account, region = scope
        s3, log = client("s3", account, region), TrainingLog(client("logs", account, region), job)
        container = Container(root, job, _environment(scope, job))
        self._containers[job["TrainingJobArn"]] = container
        _enter(job, "Downloading")
        container.fill(s3)
        if job["TrainingJobStatus"] == "Stopping":
            self._end(job, "Stopped")
            return
        _enter(job, "Training")
        job["TrainingStartTime"] = time.time()
        status = container.run(log.line)
        log.flush()
        job["TrainingTimeInSeconds"] = int(time.time() - job["TrainingStartTime"])
        job["BillableTimeInSeconds"] = job["TrainingTimeInSeconds"]
        job["FinalMetricDataList"] = log.metrics()
        if container.stopped is None and status != 0:
            self._end(job, "Failed", reason=container.failure(status))
            return
        _enter(job, "Uploading")
        job["ModelArtifacts"] = {"S3ModelArtifacts": _upload(s3, job, container.model())}
        if container.stopped is None:
            self._end(job, "Completed")
        else:
            self._end(job, "Stopped", secondary=container.stopped)

    def _end(
        self, job: Request, status: str, *, reason: str = "", secondary: str | None = None
    ) -> None:
        _enter(job, secondary or status)
        job["TrainingEndTime"] = time.time()
        if reason:
            job["FailureReason"] = reason
        with self._ended:
            job["TrainingJobStatus"] = status
            self._ended.notify_all()
        _logger.info("training job %s: %s %s", job["TrainingJobName"], status, reason)

    def _job(self, scope: Scope, name: str) -> Request:
        found = self.state.get(_arn(scope, name))
        if found is None:
            raise ValidationError("Requested resource not found.")  # AWS's own words and code
        return found


def _arn(scope: Scope, name: str) -> str:
    account, region = scope
    return f"arn:aws:sagemaker:{region}:{account}:training-job/{name}"


def _enter(job: Request, secondary: str) -> None:
    now = time.time()
    transitions = job["SecondaryStatusTransitions"]
    if transitions:
        transitions[-1]["EndTime"] = now
    transitions.append({"Status": secondary, "StartTime": now})
    job["SecondaryStatus"], job["LastModifiedTime"] = secondary, now


def _environment(scope: Scope, job: Request) -> dict[str, str]:
    """Credentials, unless the job is isolated from the network, as it then is on AWS."""
    account, region = scope
    variables = {"AWS_REGION": region, "AWS_DEFAULT_REGION": region, "CURRENT_HOST": "algo-1"}
    if not job.get("EnableNetworkIsolation"):
        variables |= {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}",
            "AWS_ACCESS_KEY_ID": account,
            "AWS_SECRET_ACCESS_KEY": "test",
        }
    return variables


def _upload(s3: Any, job: Request, model: bytes) -> str:  # noqa: ANN401 - a boto3 client
    path = job["OutputDataConfig"]["S3OutputPath"].rstrip("/")
    uri = f"{path}/{job['TrainingJobName']}/output/model.tar.gz"
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    s3.put_object(Bucket=bucket, Key=key, Body=model)
    return uri
