"""``titles ingest``, ``progress`` and ``retire``: a title's life, by hand."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from adapters.media_store import S3MediaStore
from adapters.published_media import S3PublishedMedia
from adapters.titles_writer import TitlesWriter
from schemas.ladder import shipped_ladder
from scripts.operators.arrivals import arrived_at
from scripts.operators.costs import estimate, looked_at
from scripts.operators.delivery import Delivery, deliveries, upload
from scripts.operators.deployment import Deployment, StageOption
from scripts.operators.errors import OperatorError, explained

POLL_SECONDS = {"local": 1.0}

DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done; change nothing.")]


@explained
def ingest(
    folder: Annotated[
        Path, typer.Argument(help="Holds a folder for each title, or is one title's own.")
    ],
    stage: StageOption = "local",
    dry_run: DryRun = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before it costs money.")] = False,
    follow: Annotated[bool, typer.Option(help="Watch until the last title is done.")] = True,
) -> None:
    """Deliver titles: each folder's title.json with the files it names, as one batch.

    Says first what packaging will cost. The batch is packaged some titles at a time; one that
    fails or is refused stops none of the others. A file that was packaged before costs nothing;
    one that can't be read here is left out, and named.
    """
    console = Console()
    offers, unreadable = looked_at(deliveries(folder), console=console)
    for delivery, reason in unreadable:
        console.print(f"[red]left out[/] {escape(f'{delivery.mezzanine} {reason}')}")
    if not offers:
        raise OperatorError(
            f"nothing in {folder} can be read", next_step="mend the files that are named above"
        )
    found = [offer.delivery for offer in offers]
    expected = estimate(offers, shipped_ladder())
    console.print(expected.table())
    if dry_run:
        console.print("[dim]nothing uploaded (--dry-run)[/dim]")
        return
    if stage != "local" and not yes:
        question = f"package {len(found)} titles for about {expected.total:,.2f} USD?"
        typer.confirm(question, abort=True)
    deployment = Deployment(stage)
    batch = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    start_batch(deployment, found, batch=batch, console=console)
    if follow:
        show_progress(deployment, batch, console)
    else:
        console.print(f"scripts/marquee titles progress {batch} --stage {stage}")


def start_batch(
    deployment: Deployment, found: Sequence[Delivery], *, batch: str, console: Console
) -> None:
    """Uploads every delivery, then the manifest, and starts the map over it."""
    bucket, s3 = deployment.output("content", "IngestBucketName"), deployment.client("s3")
    keys = []
    with Progress(
        TextColumn("uploading"), BarColumn(), MofNCompleteColumn(), console=console, transient=True
    ) as progress:
        task = progress.add_task("", total=len(found))
        for delivery in found:
            keys.append(upload(s3, bucket, f"batches/{batch}", delivery))
            progress.advance(task)
    manifest = f"batches/{batch}/manifest.json"
    body = json.dumps([{"key": key} for key in keys]).encode()
    s3.put_object(Bucket=bucket, Key=manifest, Body=body, ContentType="application/json")
    deployment.client("stepfunctions").start_execution(
        stateMachineArn=deployment.output("packaging", "BatchWorkflowArn"),
        name=batch,
        input=json.dumps({"manifest": manifest}),
    )


@explained
def progress(
    batch: Annotated[str, typer.Argument(help="As `titles ingest` named it.")],
    stage: StageOption = "local",
) -> None:
    """Watch a batch until its last title is done."""
    show_progress(Deployment(stage), batch, Console())


def show_progress(deployment: Deployment, batch: str, console: Console) -> None:
    """A bar until the batch ends, then what became of each title that is not there."""
    states = deployment.client("stepfunctions")
    execution = _batch_arn(deployment, batch)
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        console=console,
    ) as bar:  # fmt: skip
        task = bar.add_task("packaging", total=None)
        while True:
            ended = states.describe_execution(executionArn=execution)["status"] != "RUNNING"
            counts = _item_counts(states, execution)
            if counts:
                done = counts["succeeded"] + counts["failed"] + counts["aborted"]
                failed = f", {counts['failed']} failed" if counts["failed"] else ""
                bar.update(
                    task,
                    completed=done,
                    total=counts["total"],
                    description=f"packaging, {counts['running']} at once{failed}",
                )
            if ended:
                break
            time.sleep(POLL_SECONDS.get(deployment.config.name, 15))
    console.print(_outcomes(deployment, batch))


def _outcomes(deployment: Deployment, batch: str) -> Table:
    """What became of each title of a batch, by what lies beside it and in the table."""
    s3, bucket = deployment.client("s3"), deployment.output("content", "IngestBucketName")
    body = s3.get_object(Bucket=bucket, Key=f"batches/{batch}/manifest.json")["Body"].read()
    table = Table(title=f"batch {batch}", title_justify="left", header_style="dim")
    for column in ("title", "outcome", "field", "reason"):
        table.add_column(column)
    titles = deployment.table("TitlesTableName")
    for entry in json.loads(body):
        folder = entry["key"].rpartition("/")[0]
        title_id = folder.rpartition("/")[2]
        refusal = refusal_of(s3, bucket, folder)
        if refusal:
            for reason in refusal["reasons"]:
                table.add_row(title_id, "[red]refused[/]", reason["field"], reason["message"])
            continue
        item = titles.get_item(Key={"title_id": title_id}, ConsistentRead=True).get("Item", {})
        at = arrived_at(s3, bucket, entry["key"])
        table.add_row(title_id, *_outcome(item, at))
    return table


def _outcome(item: dict[str, Any], at: float | None) -> tuple[str, str, str]:
    """What became of a delivery of that time, by its title's item, which may be of another."""
    if at is None:
        return "[red]unknown[/]", "", "its title.json was taken away"
    if float(item.get("retired_at", 0)) >= at:
        return "[dim]retired since[/]", "", ""
    if float(item.get("delivered_at", 0)) < at:
        plays = ", still plays its earlier package" if item.get("manifest") else ""
        return "[red]failed[/]", "", f"scripts/marquee titles redrive{plays}"
    return "[green]published[/]", "", str(item.get("manifest", ""))


def refusal_of(s3: Any, bucket: str, folder: str) -> dict[str, Any] | None:  # noqa: ANN401 - boto3
    """What is kept beside a refused title; nothing where it was not refused."""
    try:
        body = s3.get_object(Bucket=bucket, Key=f"{folder}/refused.json")["Body"].read()
    except s3.exceptions.NoSuchKey:
        return None
    return dict(json.loads(body))


def _batch_arn(deployment: Deployment, batch: str) -> str:
    machine = deployment.output("packaging", "BatchWorkflowArn")
    return f"{machine.replace(':stateMachine:', ':execution:')}:{batch}"


def _item_counts(states: Any, execution: str) -> dict[str, int] | None:  # noqa: ANN401 - boto3
    runs = states.list_map_runs(executionArn=execution)["mapRuns"]
    if not runs:
        return None
    return dict(states.describe_map_run(mapRunArn=runs[0]["mapRunArn"])["itemCounts"])


@explained
def retire(
    title_id: Annotated[str, typer.Argument(help="Whose rights have ended, say.")],
    stage: StageOption = "local",
    dry_run: DryRun = False,
) -> None:
    """Take a title out of every row now, and its media out of storage after a day.

    Its mezzanine stays in the archive: delivering its title.json again brings it back.
    """
    console, deployment = Console(), Deployment(stage)
    media = S3MediaStore(deployment.client("s3"), deployment.output("content", "MediaBucketName"))
    prefix = f"media/{title_id}/"
    sizes = media.sizes(prefix)
    if dry_run:
        gigabytes = sum(sizes.values()) / 1e9
        console.print(f"would retire {title_id}: {len(sizes):,} objects, {gigabytes:,.3f} GB")
        return
    writer = TitlesWriter(
        deployment.client("dynamodb"), deployment.output("profiles", "TitlesTableName")
    )
    if not writer.retire(title_id, now=time.time()):
        raise OperatorError(
            f"there is no title {title_id!r}", next_step="scripts/marquee titles --help"
        )
    with console.status(f"tagging {len(sizes):,} objects"):
        S3PublishedMedia(media.client, media.bucket).let_go(prefix)
    console.print(f"retired {title_id}; {len(sizes):,} objects go within two days")
