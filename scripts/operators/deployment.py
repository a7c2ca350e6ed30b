"""Finds a deployed stage: its resources, from the outputs of its stacks."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import boto3
import typer
from botocore.config import Config
from botocore.exceptions import ClientError

from scripts.operators.errors import OperatorError
from stacks.config import STAGES

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

ROOT = Path(__file__).resolve().parents[2]
LOCAL_HOME = ROOT / ".marquee"

StageOption = Annotated[
    str,
    typer.Option(
        envvar="MARQUEE_STAGE",
        help="Which deployment: local (what `make demo` runs), dev or prod.",
    ),
]


@dataclass(frozen=True)
class LocalPlatform:
    """Where `make demo` listens. ``accounts`` holds sign-in details of local viewers only."""

    endpoint: str
    url: str
    accounts: list[dict[str, str]]

    @staticmethod
    def file() -> Path:
        """Where a running platform says how to reach it."""
        return Path(os.environ.get("MARQUEE_HOME", LOCAL_HOME)) / "platform.json"

    @classmethod
    def read(cls) -> LocalPlatform:
        """What the running demo wrote; an error with the next step where none runs."""
        try:
            return cls(**json.loads(cls.file().read_text()))
        except FileNotFoundError:
            raise OperatorError(
                "the local platform is not running", next_step="make demo   (in another terminal)"
            ) from None


class Deployment:
    """One deployed stage, and AWS clients that reach it."""

    def __init__(self, stage: str, *, endpoint: str | None = None) -> None:
        if stage not in STAGES:
            raise OperatorError(
                f"--stage: there is no stage {stage!r}", next_step=f"one of {', '.join(STAGES)}"
            )
        self.config = STAGES[stage]
        if endpoint is None and stage == "local":
            endpoint = LocalPlatform.read().endpoint
        self.endpoint = endpoint
        # The emulator takes any key; the operator's own never leave for it.
        key = "test" if endpoint else None
        self._session = boto3.Session(
            region_name=self.config.region, aws_access_key_id=key, aws_secret_access_key=key
        )
        self._outputs: dict[str, dict[str, str]] = {}

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3's clients have no common type
        """A boto3 client of this stage's region, or of the local endpoint."""
        return self._session.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.endpoint,
            config=Config(retries={"max_attempts": 8, "mode": "standard"}),
        )

    def table(self, output: str) -> Table:
        """The DynamoDB table whose name is the profiles stack's output of that name."""
        resource = self._session.resource("dynamodb", endpoint_url=self.endpoint)
        return resource.Table(self.output("profiles", output))

    def output(self, area: str, name: str) -> str:
        """An output of the area's stack, such as ``output("api", "ApiUrl")``."""
        if area not in self._outputs:
            self._outputs[area] = self._read_outputs(area)
        try:
            return self._outputs[area][name]
        except KeyError:
            raise OperatorError(
                f"stack {self.stack_name(area)} has no output {name}",
                next_step=f"deploy this version of it: make deploy STAGE={self.config.name}",
            ) from None

    def stack_name(self, area: str) -> str:
        """The CloudFormation name of an area's stack."""
        return f"marquee-{self.config.name}-{area}"

    def _read_outputs(self, area: str) -> dict[str, str]:
        name = self.stack_name(area)
        try:
            stack = self.cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationError":
                raise
            raise OperatorError(
                f"stack {name} is not deployed",
                next_step=f"make deploy STAGE={self.config.name}",
            ) from None
        return {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", [])}

    @cached_property
    def cloudformation(self) -> Any:  # noqa: ANN401
        """The CloudFormation client, shared by every look-up of outputs."""
        return self.client("cloudformation")
