"""Answers the API: checks the request, finds the operation, shapes the answer."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local.emulator import api_model
from local.emulator.sagemaker.errors import SageMakerError, ValidationError
from local.emulator.sagemaker.packages import ModelPackages
from local.emulator.sagemaker.training import TrainingJobs

Request = dict[str, Any]
Scope = tuple[str, str]  # account, region
_logger = logging.getLogger(__name__)


class SageMaker:
    """The service with its state; ``folder`` is where jobs run."""

    def __init__(self, folder: Path) -> None:
        self.jobs, self.packages = TrainingJobs(folder), ModelPackages()
        jobs, packages = self.jobs, self.packages
        self._operations: dict[str, Callable[[Scope, Request], Request]] = {
            "CreateTrainingJob": jobs.create,
            "DescribeTrainingJob": jobs.describe,
            "ListTrainingJobs": jobs.list,
            "StopTrainingJob": jobs.stop,
            "CreateModelPackageGroup": packages.create_group,
            "DescribeModelPackageGroup": packages.describe_group,
            "ListModelPackageGroups": packages.list_groups,
            "DeleteModelPackageGroup": packages.delete_group,
            "CreateModelPackage": packages.create,
            "DescribeModelPackage": packages.describe,
            "UpdateModelPackage": packages.update,
            "ListModelPackages": packages.list_versions,
            "DeleteModelPackage": packages.delete,
        }

    def call(self, scope: Scope, operation: str, request: Request) -> Request:
        """One operation; raises :class:`SageMakerError`."""
        if operation not in api_model.service_model("sagemaker").operation_names:
            raise ValidationError(f"SageMaker has no operation {operation}")
        faults = api_model.faults("sagemaker", operation, request)
        if faults:
            raise ValidationError(faults)
        if operation not in self._operations:
            raise ValidationError(f"this emulator does not have SageMaker's {operation}")
        return self._operations[operation](scope, request)

    def answer(self, scope: Scope, target: str, body: bytes) -> tuple[int, Request]:
        """The same over the wire: an HTTP status and a JSON document."""
        try:
            return 200, self.call(scope, target.partition(".")[2], json.loads(body or b"{}"))
        except SageMakerError as error:
            _logger.info("%s: %s", target, error)
            return 400, {"__type": error.code, "message": str(error)}

    @property
    def state(self) -> dict[str, Any]:
        """All that is to be saved, as JSON."""
        return {"jobs": self.jobs.state, **self.packages.state}

    def restore(self, state: dict[str, Any]) -> None:
        """Takes up what was saved."""
        self.jobs.restore(state["jobs"])
        self.packages.state = {"groups": state["groups"], "packages": state["packages"]}
