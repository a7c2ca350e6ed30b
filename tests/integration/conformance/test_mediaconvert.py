"""Packaging jobs as a state machine starts them, and executions that are re-driven."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from conformance import ROLE, Aws, unique, wait_for

from local.emulator.process import Emulator
from schemas.ladder import shipped_ladder
from schemas.mezzanine import Mezzanine, VideoStream
from schemas.package import AudioTrack, PackageOrder
from services.packaging_job import job_settings
from tests.unit.packaging.films import film

STATES = "arn:aws:states:::mediaconvert:createJob.sync"


def _settings(bucket: str) -> dict[str, Any]:
    picture = VideoStream(
        codec="mpeg4", width=426, height=240, frame_rate="24", average_frame_rate="24",
        pixel_format="yuv420p",
    )  # fmt: skip
    order = PackageOrder(
        title_id="mq-1", content_hash="0" * 16, bucket=bucket, source="titles/mq-1/film.mov",
        folder="titles/mq-1", audio=(AudioTrack(language="en", name="English", track=1),),
        mezzanine=Mezzanine(container="mov", duration_seconds=6, video=(picture,), audio=()),
    )  # fmt: skip
    return job_settings(order, shipped_ladder())


def _machine(settings: dict[str, Any], resource: str = STATES) -> dict[str, Any]:
    task = {
        "Type": "Task",
        "Resource": resource,
        "Parameters": {"Role": ROLE, "Settings": settings},
        "End": True,
    }
    return {"StartAt": "Package", "States": {"Package": task}}


@pytest.fixture
def bucket(aws: Aws) -> str:
    return aws.bucket()


def _deliver(aws: Aws, bucket: str, body: bytes) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="titles/mq-1/film.mov", Body=body)


def test_a_job_leaves_what_mediaconvert_would(aws: Aws, bucket: str):
    _deliver(aws, bucket, film())
    run = aws.run_machine(_machine(_settings(bucket)), seconds=90)
    assert run["status"] == "SUCCEEDED", run
    assert json.loads(run["output"])["Job"]["Status"] == "COMPLETE"
    made = aws.objects(bucket, "staging/")
    names = {key.rpartition("/")[2] for key in made}
    assert {
        "package_240p.m3u8", "package_240pinit.cmfv", "package_240p_000000001.cmfv",
        "package_audio_en.m3u8", "package_audio_eninit.cmfa", "package_audio_en_000000001.cmfa",
        "package_thumbnail.0000000.jpg", "package_poster.0000001.jpg",
    } <= names  # fmt: skip


def test_a_source_that_is_no_film_fails_the_task_and_leaves_nothing(aws: Aws, bucket: str):
    _deliver(aws, bucket, b"#EXTM3U\nfile:///etc/passwd\n")
    run = aws.run_machine(_machine(_settings(bucket)), seconds=60)
    assert (run["status"], run["error"]) == ("FAILED", "States.TaskFailed")
    job = json.loads(run["cause"])
    assert (job["Status"], job["ErrorCode"]) == ("ERROR", 1040)
    assert aws.objects(bucket, "staging/") == {}


def test_a_source_that_is_not_there_fails_the_task(aws: Aws, bucket: str):
    run = aws.run_machine(_machine(_settings(bucket)), seconds=60)
    assert json.loads(run["cause"])["ErrorCode"] == 1401


def test_settings_that_the_api_refuses_are_refused(aws: Aws, bucket: str):
    settings = _settings(bucket)
    settings["OutputGroups"][0]["Outputs"][0]["Colour"] = "blue"
    run = aws.run_machine(_machine(settings))
    assert run["error"] == "MediaConvert.BadRequestException"
    assert "Colour" in run["cause"]


def test_settings_that_are_right_and_not_followed_fail_the_job(aws: Aws, bucket: str):
    _deliver(aws, bucket, film())
    settings = _settings(bucket)
    codec = settings["OutputGroups"][0]["Outputs"][0]["VideoDescription"]["CodecSettings"]
    codec["Codec"] = "H_265"
    run = aws.run_machine(_machine(settings), seconds=60)
    assert "H_265" in json.loads(run["cause"])["ErrorMessage"]


def test_a_failed_execution_goes_on_from_the_state_that_failed(aws: Aws, bucket: str):
    states = aws.client("stepfunctions")
    definition = _machine(_settings(bucket))
    definition["StartAt"] = "First"
    definition["States"]["First"] = {
        "Type": "Pass", "Result": {"seen": "once"}, "Next": "Package",
    }  # fmt: skip
    machine = states.create_state_machine(
        name=unique("machine"), definition=json.dumps(definition), roleArn=ROLE
    )["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=machine)["executionArn"]

    def ended() -> Any:
        found = states.describe_execution(executionArn=execution)
        return found["status"] != "RUNNING" and found

    assert wait_for(ended, seconds=60)["status"] == "FAILED"
    _deliver(aws, bucket, film())
    states.redrive_execution(executionArn=execution)
    assert wait_for(ended, seconds=90)["status"] == "SUCCEEDED"
    history = states.get_execution_history(executionArn=execution)["events"]
    entered = [
        event["stateEnteredEventDetails"]["name"]
        for event in history
        if "stateEnteredEventDetails" in event
    ]
    assert entered == ["First", "Package", "Package"]
    with pytest.raises(ClientError, match="ExecutionNotRedrivable"):
        states.redrive_execution(executionArn=execution)


def test_the_emulator_ends_at_once_with_one_job_running_and_one_waiting(tmp_path):
    with Emulator(state_dir=tmp_path / "state", log_file=tmp_path / "log") as emulator:
        aws = Aws(emulator.endpoint)
        bucket = aws.bucket()
        _deliver(aws, bucket, film(width=1920, height=1080, seconds=20))
        definition = _machine(_settings(bucket))
        definition["States"]["Package"]["TimeoutSeconds"] = 600
        states = aws.client("stepfunctions")
        machine = states.create_state_machine(
            name=unique("machine"), definition=json.dumps(definition), roleArn=ROLE
        )["stateMachineArn"]
        for _ in range(2):
            states.start_execution(stateMachineArn=machine)
        wait_for(lambda: _processes(tmp_path), seconds=20)
        began = time.monotonic()
    assert time.monotonic() - began < 20
    assert _processes(tmp_path) == []


def _processes(folder: Path) -> list[str]:
    """Command lines of ffmpeg that work below the folder."""
    found = subprocess.run(
        ["pgrep", "-fa", f"ffmpeg.*{folder}"], capture_output=True, text=True, check=False
    )
    return found.stdout.splitlines()
