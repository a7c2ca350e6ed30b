"""Model package groups and the numbered packages in them."""

from __future__ import annotations

import time
from typing import Any

from local.emulator.sagemaker.errors import InUseError, NotFoundError, ValidationError

Request = dict[str, Any]
Scope = tuple[str, str]  # account, region


class ModelPackages:
    """Groups by name, packages by ARN; ``state`` is all of it, as JSON."""

    def __init__(self) -> None:
        self.state: dict[str, dict[str, Any]] = {"groups": {}, "packages": {}}

    def create_group(self, scope: Scope, request: Request) -> Request:
        """CreateModelPackageGroup."""
        arn = _arn(scope, "model-package-group", request["ModelPackageGroupName"])
        if arn in self.state["groups"]:
            raise ValidationError(f"Model Package Group already exists: {arn}")
        self.state["groups"][arn] = {
            **{key: value for key, value in request.items() if key != "Tags"},
            "ModelPackageGroupArn": arn,
            "CreationTime": time.time(),
            "CreatedBy": {},
            "ModelPackageGroupStatus": "Completed",
        }
        return {"ModelPackageGroupArn": arn}

    def describe_group(self, scope: Scope, request: Request) -> Request:
        """DescribeModelPackageGroup, by name or ARN."""
        return self._group(scope, request["ModelPackageGroupName"])

    def list_groups(self, scope: Scope, request: Request) -> Request:
        """ListModelPackageGroups."""
        names = ("ModelPackageGroupName", "ModelPackageGroupArn", "CreationTime")
        groups = [
            {name: group[name] for name in (*names, "ModelPackageGroupStatus")}
            for arn, group in self.state["groups"].items()
            if arn.startswith(_arn(scope, "model-package-group", ""))
        ]
        return {"ModelPackageGroupSummaryList": groups}

    def delete_group(self, scope: Scope, request: Request) -> Request:
        """DeleteModelPackageGroup; refused while it holds packages."""
        group = self._group(scope, request["ModelPackageGroupName"])
        if self._versions(group["ModelPackageGroupName"], scope):
            raise InUseError("Model Package Group cannot be deleted: it contains model packages")
        del self.state["groups"][group["ModelPackageGroupArn"]]
        return {}

    def create(self, scope: Scope, request: Request) -> Request:
        """CreateModelPackage: the next version of its group."""
        if "ModelPackageGroupName" not in request:
            raise ValidationError("this emulator has versioned model packages only")
        name = self._group(scope, request["ModelPackageGroupName"])["ModelPackageGroupName"]
        versions = [item["ModelPackageVersion"] for item in self._versions(name, scope)]
        version = max(versions, default=0) + 1
        arn = _arn(scope, "model-package", f"{name}/{version}")
        self.state["packages"][arn] = {
            "ModelApprovalStatus": "PendingManualApproval",
            **{key: value for key, value in request.items() if key not in ("Tags", "ClientToken")},
            "ModelPackageGroupName": name,
            "ModelPackageVersion": version,
            "ModelPackageArn": arn,
            "ModelPackageStatus": "Completed",
            "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
            "CreationTime": time.time(),
        }
        return {"ModelPackageArn": arn}

    def describe(self, scope: Scope, request: Request) -> Request:
        """DescribeModelPackage, by ARN."""
        return self._package(request["ModelPackageName"])

    def update(self, scope: Scope, request: Request) -> Request:
        """UpdateModelPackage: the approval, its reason, the customer's metadata."""
        package = self._package(request["ModelPackageArn"])
        metadata = package.setdefault("CustomerMetadataProperties", {})
        metadata.update(request.get("CustomerMetadataProperties", {}))
        for key in request.get("CustomerMetadataPropertiesToRemove", []):
            metadata.pop(key, None)
        for key in ("ModelApprovalStatus", "ApprovalDescription"):
            if key in request:
                package[key] = request[key]
        package["LastModifiedTime"] = time.time()
        return {"ModelPackageArn": package["ModelPackageArn"]}

    def list_versions(self, scope: Scope, request: Request) -> Request:
        """ListModelPackages of a group, the newest first unless asked otherwise."""
        name = self._group(scope, request["ModelPackageGroupName"])["ModelPackageGroupName"]
        names = (
            "ModelPackageGroupName", "ModelPackageVersion", "ModelPackageArn", "CreationTime",
            "ModelPackageStatus", "ModelApprovalStatus", "ModelPackageDescription",
        )  # fmt: skip
        status = request.get("ModelApprovalStatus")
        summaries = [
            {name: package[name] for name in names if name in package}
            for package in self._versions(name, scope)
            if status in (None, package["ModelApprovalStatus"])
        ]
        if request.get("SortOrder") != "Ascending":
            summaries.reverse()
        return {"ModelPackageSummaryList": summaries[: request.get("MaxResults", 100)]}

    def delete(self, scope: Scope, request: Request) -> Request:
        """DeleteModelPackage, by ARN."""
        del self.state["packages"][self._package(request["ModelPackageName"])["ModelPackageArn"]]
        return {}

    def _group(self, scope: Scope, name: str) -> Request:
        arn = name if name.startswith("arn:") else _arn(scope, "model-package-group", name)
        found: Request | None = self.state["groups"].get(arn)
        if found is None:
            raise ValidationError(f"Model Package Group does not exist: {arn}")
        return found

    def _package(self, arn: str) -> Request:
        found: Request | None = self.state["packages"].get(arn)
        if found is None:
            raise NotFoundError(f"Model Package does not exist: {arn}")
        return found

    def _versions(self, group: str, scope: Scope) -> list[Request]:
        start = _arn(scope, "model-package", f"{group}/")
        return [item for arn, item in self.state["packages"].items() if arn.startswith(start)]


def _arn(scope: Scope, kind: str, name: str) -> str:
    account, region = scope
    return f"arn:aws:sagemaker:{region}:{account}:{kind}/{name}"
