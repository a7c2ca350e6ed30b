"""``buckets empty``: what a stage's buckets hold, gone, so that its stacks can be removed."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console

from scripts.operators.deployment import Deployment, StageOption
from scripts.operators.errors import OperatorError, explained

# The log bucket last: emptying the others is logged as well.
BUCKETS = ("Ingest", "Media", "Web", "Lake", "Model", "Failure", "Log")

app = typer.Typer(no_args_is_help=True, help="The buckets.")


@app.callback()
def buckets() -> None:
    """What a stage keeps in S3."""


@app.command()
@explained
def empty(
    stage: StageOption = "local",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, delete nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete every object of a stage with all its versions. There is no way back.

    Refused where the stage retains its data (stacks/config.py).
    """
    console = Console()
    deployment = Deployment(stage)
    if deployment.config.retain_data:
        raise OperatorError(
            f"stage {stage} retains its data", next_step="set retain_data=False, and deploy that"
        )
    names = [deployment.output("content", f"{bucket}BucketName") for bucket in BUCKETS]
    if not dry_run and not yes:
        typer.confirm(f"Delete everything in {len(names)} buckets of {stage}?", abort=True)
    for name in names:
        count = _empty(deployment.client("s3"), name, dry_run=dry_run)
        console.print(f"{name}: {count:,} versions {'found' if dry_run else 'deleted'}")


def _empty(s3: Any, bucket: str, *, dry_run: bool) -> int:  # noqa: ANN401 - a boto3 client
    """Deletes page by page, 1,000 at a time; how many versions and markers there were."""
    count = 0
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        count += len(found)
        if found and not dry_run:
            keys = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in found]
            answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
            if answer.get("Errors"):
                first = answer["Errors"][0]
                raise OperatorError(
                    f"{bucket}/{first['Key']}: {first['Message']}",
                    next_step="check that you may delete object versions, then run this again",
                )
    return count
