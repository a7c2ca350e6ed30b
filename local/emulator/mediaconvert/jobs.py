"""Runs a job: the source from S3, ffmpeg over it, what it made to S3. One job at a time."""

from __future__ import annotations

import logging
import shutil
import tempfile
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.emulator.clients import client
from local.emulator.mediaconvert.command import (
    Output,
    UnsupportedSettingsError,
    ffmpeg_command,
    outputs,
)
from local.emulator.mediaconvert.ffmpeg import FfmpegError, run_ffmpeg

Request = dict[str, Any]
Scope = tuple[str, str]  # account, region
# MediaConvert's own numbers for what went wrong.
_BAD_INPUT, _NO_ACCESS = 1040, 1401
_UPLOADS = 8
_logger = logging.getLogger(__name__)


class Jobs:
    """Jobs of all accounts; ``folder`` is where they work."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._turn = threading.Lock()  # ffmpeg takes every core that there is

    def run(self, scope: Scope, request: Request) -> Request:
        """The job after its end: ``Status`` is ``COMPLETE``, or ``ERROR`` with the reason."""
        account, region = scope
        identity = f"{int(time.time())}-{uuid.uuid4().hex[:6]}"
        job = {
            "Arn": f"arn:aws:mediaconvert:{region}:{account}:jobs/{identity}",
            "Id": identity,
            "Status": "COMPLETE",
            "UserMetadata": request.get("UserMetadata", {}),
            "CreatedAt": int(time.time()),
        }
        try:
            with self._turn:
                self._package(client("s3", account, region), request["Settings"])
        except (FfmpegError, UnsupportedSettingsError) as error:
            job |= {"Status": "ERROR", "ErrorCode": _BAD_INPUT, "ErrorMessage": str(error)}
        except (ClientError, BotoCoreError) as error:
            job |= {"Status": "ERROR", "ErrorCode": _NO_ACCESS, "ErrorMessage": str(error)}
        _logger.info("packaging job %s: %s", identity, job.get("ErrorMessage", job["Status"]))
        return job

    def _package(self, s3: Any, settings: Request) -> None:  # noqa: ANN401 - a boto3 client
        self._folder.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(dir=self._folder, prefix="package-"))
        try:
            source = work / "source"
            bucket, key = _place(settings["Inputs"][0]["FileInput"])
            s3.download_file(bucket, key, str(source))
            made = work / "made"
            for output in outputs(settings):
                (made / output.base).parent.mkdir(parents=True, exist_ok=True)
            run_ffmpeg(ffmpeg_command(settings, source, made))
            _upload(s3, settings, made)
        finally:
            shutil.rmtree(work, ignore_errors=True)


def _upload(s3: Any, settings: Request, made: Path) -> None:  # noqa: ANN401 - a boto3 client
    output: Output = next(outputs(settings))
    bucket, _ = _place(output.group["Destination"])
    files = sorted(path for path in made.rglob("*") if path.is_file())

    def put(path: Path) -> None:
        s3.upload_file(str(path), bucket, path.relative_to(made).as_posix())

    with ThreadPoolExecutor(_UPLOADS) as pool:
        for _ in pool.map(put, files):
            pass


def _place(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key
