"""The folder tree and the process that a training job sees: SageMaker's container contract.

``/opt/ml/input/data/<channel>``, ``/opt/ml/input/config/*.json``, ``/opt/ml/model``,
``/opt/ml/output/failure``. Here ``/opt/ml`` is a folder of the job's own: wherever the entry point
or its arguments name ``/opt/ml``, they get that folder.
"""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from local.process import die_with_parent

OPT_ML = "/opt/ml"
_FAILURE_LENGTH = 1024
_GRACE_SECONDS = 5.0  # AWS waits 120


class DataDownloadError(Exception):
    """A channel could not be filled."""


class Container:
    """One job's folder ``root`` and the request that it was made from."""

    def __init__(self, root: Path, job: dict[str, Any], environment: dict[str, str]) -> None:
        self._root, self._job, self._environment = root, job, environment
        for name in ("input/config", "input/data", "model", "output/data", "tmp"):
            (root / name).mkdir(parents=True)
        self._write_configuration()
        self._process: subprocess.Popen[str] | None = None
        self._stopped: str | None = None

    def fill(self, s3: Any) -> None:  # noqa: ANN401 - a boto3 client
        """Downloads every channel; raises :class:`DataDownloadError` for one without objects."""
        for channel in self._job.get("InputDataConfig", []):
            source = channel["DataSource"].get("S3DataSource")
            if source is None or source["S3DataType"] != "S3Prefix":
                raise DataDownloadError("this emulator reads channels of S3DataType S3Prefix only")
            folder = self._root / "input/data" / channel["ChannelName"]
            folder.mkdir()
            _download(s3, source["S3Uri"], folder)

    def run(self, on_line: Callable[[str], None]) -> int:
        """Runs the entry point to its end, telling each line it prints; its exit status."""
        algorithm = self._job["AlgorithmSpecification"]
        entry = algorithm.get("ContainerEntrypoint")
        if not entry:
            raise DataDownloadError("this emulator needs a ContainerEntrypoint")
        command = [*entry, *algorithm.get("ContainerArguments", [])]
        self._process = subprocess.Popen(
            [part.replace(OPT_ML, str(self._root)) for part in command],
            cwd=self._root,
            env=self._variables(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
        if self._stopped is not None:  # asked before there was anything to end
            self._end(self._process)
        limit = float(self._job["StoppingCondition"].get("MaxRuntimeInSeconds", 86_400))
        alarm = threading.Timer(limit, self.stop, ["MaxRuntimeExceeded"])
        alarm.daemon = True
        alarm.start()
        assert self._process.stdout is not None
        for line in self._process.stdout:
            on_line(line.rstrip("\n"))
        alarm.cancel()
        return self._process.wait()

    def stop(self, why: str = "Stopped") -> None:
        """Ends the job as AWS does: a request first, then force."""
        if self._process is not None and self._process.poll() is not None:
            return
        self._stopped = why
        if self._process is not None:
            self._end(self._process)

    @staticmethod
    def _end(process: subprocess.Popen[str]) -> None:
        with suppress(ProcessLookupError):  # it may end by itself meanwhile
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(timeout=_GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)

    @property
    def stopped(self) -> str | None:
        """Why the job was stopped from outside, where it was."""
        return self._stopped

    def failure(self, status: int) -> str:
        """What the job wrote to ``output/failure``, as a FailureReason."""
        path = self._root / "output/failure"
        said = path.read_text(errors="replace").strip() if path.exists() else ""
        return f"AlgorithmError: {said[:_FAILURE_LENGTH]}, exit code: {status}"

    def model(self) -> bytes:
        """``model.tar.gz``: what the job left in ``model``."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            for path in sorted((self._root / "model").iterdir()):
                archive.add(path, path.name)
        return packed.getvalue()

    def _write_configuration(self) -> None:
        channels = {
            channel["ChannelName"]: {
                "TrainingInputMode": channel.get("InputMode", "File"),
                "S3DistributionType": "FullyReplicated",
                "RecordWrapperType": "None",
            }
            for channel in self._job.get("InputDataConfig", [])
        }
        hosts = {"current_host": "algo-1", "hosts": ["algo-1"], "network_interface_name": "lo"}
        for name, content in (
            ("hyperparameters", self._job.get("HyperParameters", {})),
            ("inputdataconfig", channels),
            ("resourceconfig", hosts),
        ):
            (self._root / "input/config" / f"{name}.json").write_text(json.dumps(content))

    def _variables(self) -> dict[str, str]:
        return {
            **self._environment,
            **self._job.get("Environment", {}),
            "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self._root / "tmp"),
            "TMPDIR": str(self._root / "tmp"),
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            "TRAINING_JOB_NAME": self._job["TrainingJobName"],
            "TRAINING_JOB_ARN": self._job["TrainingJobArn"],
        }


def _download(s3: Any, uri: str, folder: Path) -> None:  # noqa: ANN401 - a boto3 client
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    found = False
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for key in (item["Key"] for item in page.get("Contents", [])):
            if key.endswith("/"):
                continue
            path = folder / _relative(key, prefix)
            if not path.resolve().is_relative_to(folder.resolve()):
                raise DataDownloadError(f"the key {key} leaves its channel")
            path.parent.mkdir(parents=True, exist_ok=True)
            s3.download_file(bucket, key, str(path))
            found = True
    if not found:
        raise DataDownloadError(f'No S3 objects found under S3 URL "{uri}" given in input data')


def _relative(key: str, prefix: str) -> str:
    """Where an object goes in its channel: below the prefix, taken as a folder where it is one."""
    rest = key.removeprefix(prefix)
    if rest and (prefix.endswith("/") or rest.startswith("/")):
        return rest.lstrip("/")
    return key[prefix.rfind("/") + 1 :]
