"""What the conformance tests make in the emulator."""

from __future__ import annotations

import io
import json
import time
import uuid
import zipfile
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.config import Config

ROLE = "arn:aws:iam::000000000000:role/conformance"


class Aws:
    """boto3 clients of one emulator, and the few things that many tests need."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._clients: dict[str, Any] = {}

    def client(self, service: str):
        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,
                endpoint_url=self.endpoint,
                region_name="us-east-1",
                aws_access_key_id="test",
                aws_secret_access_key="test",
                config=Config(retries={"max_attempts": 1}, read_timeout=60),
            )
        return self._clients[service]

    def function(self, code: str, **settings: Any) -> str:
        """A Python function from its source; its name. ``handler`` is the entry."""
        name = unique("function")
        self.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.11",
            Role=ROLE,
            Handler="index.handler",
            Code={"ZipFile": packed({"index.py": code})},
            **{"Timeout": 10, **settings},
        )
        return name

    def invoke(self, name: str, event: Any = None, **settings: Any) -> SimpleNamespace:
        answer = self.client("lambda").invoke(
            FunctionName=name, Payload=json.dumps(event or {}), **settings
        )
        return SimpleNamespace(
            failed="FunctionError" in answer, body=json.loads(answer["Payload"].read())
        )

    def bucket(self) -> str:
        name = unique("bucket")
        self.client("s3").create_bucket(Bucket=name)
        return name

    def objects(self, bucket: str, prefix: str = "") -> dict[str, bytes]:
        s3 = self.client("s3")
        found = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
        return {
            item["Key"]: s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
            for item in found
        }

    def deploy(self, resources: dict[str, Any], outputs: dict[str, Any] | None = None, **more: Any):
        """A stack; its name and outputs. Fails the test where the stack does not come up."""
        name = unique("stack")
        template = {
            "Resources": resources,
            "Outputs": {key: {"Value": value} for key, value in (outputs or {}).items()},
        }
        self.client("cloudformation").create_stack(
            StackName=name, TemplateBody=json.dumps(template), **more
        )
        stack = self.stack(name)
        if stack["StackStatus"] != "CREATE_COMPLETE":
            events = self.client("cloudformation").describe_stack_events(StackName=name)
            reasons = [e.get("ResourceStatusReason") for e in events["StackEvents"]]
            pytest.fail(f"{stack['StackStatus']}: {list(filter(None, reasons))}")
        values = {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])}
        return SimpleNamespace(name=name, **values)

    def stack(self, name: str) -> dict[str, Any]:
        return self.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]

    def run_machine(self, definition: dict[str, Any], *, seconds: float = 20) -> dict[str, Any]:
        """A state machine, run once to its end; the execution's description."""
        states = self.client("stepfunctions")
        machine = states.create_state_machine(
            name=unique("machine"), definition=json.dumps(definition), roleArn=ROLE
        )["stateMachineArn"]
        execution = states.start_execution(stateMachineArn=machine)["executionArn"]
        return wait_for(
            lambda: (
                (found := states.describe_execution(executionArn=execution))["status"] != "RUNNING"
                and found
            ),
            seconds=seconds,
        )


def unique(kind: str) -> str:
    return f"{kind}-{uuid.uuid4().hex[:10]}"


def packed(files: dict[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def wait_for(found: Callable[[], Any], *, seconds: float = 10) -> Any:
    """What ``found`` gives as soon as that is true; fails after so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := found():
            return value
        time.sleep(0.03)
    pytest.fail(f"not within {seconds} s")
