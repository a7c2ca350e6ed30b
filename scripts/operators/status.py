"""``status``: what is deployed, what is served, and whether it is well."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import typer
from botocore.exceptions import ClientError
from rich.console import Console
from rich.table import Table

from scripts.operators.deployment import Deployment, LocalPlatform, StageOption
from scripts.operators.errors import explained

AREAS = (
    "network", "content", "profiles", "events", "api", "streaming", "delivery", "training",
    "packaging", "operations",
)  # fmt: skip
WELL = {"CREATE_COMPLETE", "UPDATE_COMPLETE"}


def stack_states(deployment: Deployment) -> dict[str, str]:
    """The CloudFormation status of each area's stack; ``not deployed`` where there is none."""
    states = {}
    for area in AREAS:
        try:
            answer = deployment.cloudformation.describe_stacks(
                StackName=deployment.stack_name(area)
            )
            states[area] = answer["Stacks"][0]["StackStatus"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationError":
                raise
            states[area] = "not deployed"
    return states


def served_model(deployment: Deployment) -> dict[str, Any] | None:
    """The pointer to the published model, or nothing where none was published yet."""
    try:
        answer = deployment.client("s3").get_object(
            Bucket=deployment.output("content", "ModelBucketName"), Key="models/current.json"
        )
    except ClientError as error:
        if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
            return None
        raise
    return dict(json.loads(answer["Body"].read()))


def kept_records(deployment: Deployment) -> int:
    """Records that the consumers could not read or apply (up to 1,000)."""
    answer = deployment.client("s3").list_objects_v2(
        Bucket=deployment.output("content", "FailureBucketName")
    )
    return int(answer["KeyCount"])


@explained
def status(stage: StageOption = "local") -> None:
    """Show the stacks, the published model and the records kept for inspection.

    Exits 1 where a stack is missing or not well, so that a script can wait for it.
    """
    console = Console()
    deployment = Deployment(stage)
    states = stack_states(deployment)
    table = Table("stack", "state", title=f"marquee {stage}", title_justify="left")
    for area, state in states.items():
        colour = "green" if state in WELL else "red"
        table.add_row(deployment.stack_name(area), f"[{colour}]{state}[/]")
    console.print(table)
    if "not deployed" not in (states["content"], states["profiles"]):
        _details(console, deployment)
    if not all(state in WELL for state in states.values()):
        raise typer.Exit(1)


def _details(console: Console, deployment: Deployment) -> None:
    facts = Table.grid(padding=(0, 2))
    if deployment.config.name == "local":
        facts.add_row("address", LocalPlatform.read().url)
    model = served_model(deployment)
    if model is None:
        facts.add_row("model", "[yellow]none published: scripts/marquee train[/]")
    else:
        published = datetime.fromtimestamp(model["published_at"], UTC)
        metrics = ", ".join(
            f"{name} {value:.3g}"
            for name, value in model["metrics"].items()
            if isinstance(value, int | float)
        )
        facts.add_row("model", f"{model['version']} of {published:%Y-%m-%d %H:%M} UTC")
        facts.add_row("", f"[dim]{metrics}[/]")
    kept = kept_records(deployment)
    hint = "" if not kept else "  see docs/runbooks/PoisonRecords.md"
    facts.add_row("kept records", f"{kept}{hint}")
    console.print(facts)
