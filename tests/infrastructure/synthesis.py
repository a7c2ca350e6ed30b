"""Synthesises a stage as the cdk command does, and reads what came out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DEAD_PROXY = "http://127.0.0.1:9"


@dataclass(frozen=True)
class Template:
    """One CloudFormation template, as plain data."""

    area: str
    path: Path
    body: dict[str, Any]

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """The resources of a type, by logical id."""
        return {
            name: resource
            for name, resource in self.body["Resources"].items()
            if resource["Type"] == kind
        }

    def properties(self, kind: str) -> list[dict[str, Any]]:
        """The properties of every resource of a type."""
        return [resource.get("Properties", {}) for resource in self.of_type(kind).values()]

    def only(self, kind: str) -> dict[str, Any]:
        """The properties of the one resource of a type."""
        (properties,) = self.properties(kind)
        return properties

    def named(self, kind: str, prefix: str) -> dict[str, Any]:
        """The properties of the one resource of a type whose logical id begins so."""
        (resource,) = (
            resource for name, resource in self.of_type(kind).items() if name.startswith(prefix)
        )
        return resource["Properties"]

    def statements(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every statement of every policy of a role or a resource, with where it stands."""
        for name, resource in self.body["Resources"].items():
            for document in _policies(resource.get("Properties", {})):
                for statement in document["Statement"]:
                    yield f"{self.area}/{name}", statement

    def granted(self, role: str) -> set[str]:
        """The actions that policies of the role allow; ``role`` begins its logical id."""
        actions: set[str] = set()
        for policy in self.properties("AWS::IAM::Policy"):
            if any(entry.get("Ref", "").startswith(role) for entry in policy["Roles"]):
                for statement in policy["PolicyDocument"]["Statement"]:
                    actions.update(listed(statement["Action"]))
        return actions


@dataclass(frozen=True)
class Assembly:
    """What one synth of one stage wrote."""

    stage: str
    folder: Path
    process: subprocess.CompletedProcess[str]

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """The cloud assembly's manifest."""
        return json.loads((self.folder / "manifest.json").read_text())

    @cached_property
    def templates(self) -> dict[str, Template]:
        """The templates by area: network, content, and so on."""
        found = {}
        for artifact in self.manifest["artifacts"].values():
            if artifact["type"] == "aws:cloudformation:stack":
                properties = artifact["properties"]
                path = self.folder / properties["templateFile"]
                area = properties["stackName"].removeprefix(f"marquee-{self.stage}-")
                found[area] = Template(area, path, json.loads(path.read_text()))
        return found

    def files(self) -> dict[str, bytes]:
        """Every file below the folder."""
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }


def synthesise(stage: str, folder: Path, **environment: str) -> Assembly:
    """Run app.py for the stage, without credentials, and without a network to reach."""
    cloudless = {name: text for name, text in os.environ.items() if not name.startswith("AWS_")}
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    process = subprocess.run(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env={
            **cloudless,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "HTTP_PROXY": DEAD_PROXY,
            "HTTPS_PROXY": DEAD_PROXY,
            "CDK_OUTDIR": str(folder),
            "CDK_CONTEXT_JSON": json.dumps({**context, "stage": stage}),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return Assembly(stage, folder, process)


def listed(value: Any) -> list[Any]:
    """A policy's one-or-many, as a list."""
    return value if isinstance(value, list) else [value]


def _policies(properties: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for key in ("PolicyDocument", "KeyPolicy", "AssumeRolePolicyDocument"):
        if isinstance(properties.get(key), dict):
            yield properties[key]
    for policy in properties.get("Policies", []):
        if isinstance(policy, dict) and "PolicyDocument" in policy:
            yield policy["PolicyDocument"]
