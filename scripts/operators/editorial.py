"""``editorial``: the pins, boosts and caps that the recommendations obey."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Annotated, Any

import typer
from botocore.exceptions import ClientError
from rich.console import Console

from schemas.editorial import EDITORIAL_KEY, EditorialDocument
from schemas.errors import InvalidRequestError
from scripts.operators.deployment import Deployment, StageOption
from scripts.operators.errors import OperatorError, explained

app = typer.Typer(no_args_is_help=True, help="Pins, boosts and caps of the recommendations.")

NOTHING = EditorialDocument()
_READS_AT_ONCE = 100
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print what would change, change nothing.")]


@app.command()
@explained
def show(stage: StageOption = "local") -> None:
    """Print the rules in force, as `set` takes them."""
    console = Console()
    found = stored(Deployment(stage))
    if found is None:
        console.print("no rules; next: scripts/marquee editorial set FILE")
        return
    try:
        found = parsed(found, EDITORIAL_KEY).text()
    except OperatorError:
        console.print("[red]damaged:[/red] the functions keep the rules they had before it")
    console.print(found, end="", highlight=False, markup=False, soft_wrap=True)


@app.command("set")
@explained
def set_rules(
    file: Annotated[Path, typer.Argument(help="A JSON document of pins, boosts and caps.")],
    stage: StageOption = "local",
    dry_run: DryRun = False,
) -> None:
    """Check a document, print what it changes, and put it in the place of the rules in force.

    Functions follow within seconds; each sees the old document or the new one. A pin names a
    place of the top list, a boost multiplies scores by 0.1 to 10, and a cap lets at most so many
    titles of one director or one genre into the first places:

    \b
    {"pins":   [{"title_id": "t1", "place": 2, "countries": ["SE"],
                 "from": "2026-12-01T00:00:00Z",
                 "until": "2026-12-26T00:00:00Z"}],
     "boosts": [{"genre": "Family", "factor": 1.5},
                {"title_ids": ["t2"], "factor": 0.5}],
     "caps":   [{"by": "director", "most": 2, "within": 10}]}

    Only pins need a title and a place; countries, from and until may be left out.
    """
    console = Console()
    if not file.is_file():
        raise OperatorError(f"there is no file {file}", next_step="name a JSON document")
    document = parsed(file.read_bytes(), str(file))
    deployment = Deployment(stage)
    _print_change(console, stored(deployment), document)
    for title_id in unknown_titles(deployment, document):
        console.print(
            f"[yellow]![/yellow] {title_id} is not in the titles table: "
            "its rules wait until it is imported"
        )
    if dry_run:
        console.print("[dim]nothing written (--dry-run)[/dim]")
        return
    deployment.client("s3").put_object(
        Bucket=deployment.output("content", "ModelBucketName"),
        Key=EDITORIAL_KEY,
        Body=document.text().encode(),
        ContentType="application/json",
    )
    console.print(
        f"in force: {len(document.pins)} pins, {len(document.boosts)} boosts, "
        f"{len(document.caps)} caps"
    )


@app.command()
@explained
def clear(stage: StageOption = "local", dry_run: DryRun = False) -> None:
    """Take all rules back. The bucket keeps the document as an old version."""
    console = Console()
    deployment = Deployment(stage)
    found = stored(deployment)
    _print_change(console, found, NOTHING)
    if dry_run:
        console.print("[dim]nothing written (--dry-run)[/dim]")
        return
    if found is not None:
        bucket = deployment.output("content", "ModelBucketName")
        deployment.client("s3").delete_object(Bucket=bucket, Key=EDITORIAL_KEY)
    console.print("no rules")


def stored(deployment: Deployment) -> str | None:
    """The document in force, as it is stored; ``None`` where there is none."""
    bucket = deployment.output("content", "ModelBucketName")
    try:
        answer = deployment.client("s3").get_object(Bucket=bucket, Key=EDITORIAL_KEY)
    except ClientError as error:
        if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
            return None
        raise
    return str(answer["Body"].read().decode("utf-8", errors="replace"))


def parsed(text: str | bytes, name: str) -> EditorialDocument:
    """The document of ``text``; an :class:`OperatorError` names each field and how to mend it."""
    try:
        return EditorialDocument.parse(text)
    except InvalidRequestError as error:
        faults = "\n".join(f"  {detail.field}: {detail.message}" for detail in error.details)
        raise OperatorError(
            f"{name} holds no rules that can be used:\n{faults}",
            next_step="mend those fields and run this again; "
            "scripts/marquee editorial set --help says what a document holds",
        ) from None


def unknown_titles(deployment: Deployment, document: EditorialDocument) -> list[str]:
    """The titles that the rules name and the titles table does not hold."""
    named = [pin.title_id for pin in document.pins]
    named += [title_id for boost in document.boosts for title_id in boost.title_ids]
    table = deployment.output("profiles", "TitlesTableName")
    dynamodb = deployment.client("dynamodb")
    wanted = list(dict.fromkeys(named))
    known: set[str] = set()
    for start in range(0, len(wanted), _READS_AT_ONCE):
        left: list[Any] = [{"title_id": {"S": t}} for t in wanted[start : start + _READS_AT_ONCE]]
        while left:
            request = {table: {"Keys": left, "ProjectionExpression": "title_id"}}
            answer = dynamodb.batch_get_item(RequestItems=request)
            known |= {item["title_id"]["S"] for item in answer["Responses"].get(table, [])}
            left = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
    return [title_id for title_id in wanted if title_id not in known]


def _print_change(console: Console, found: str | None, document: EditorialDocument) -> None:
    before, after = (found or NOTHING.text()).splitlines(), document.text().splitlines()
    changes = list(difflib.unified_diff(before, after, "in force", "new", lineterm=""))
    for line in changes:
        style = {"+": "green", "-": "red"}.get(line[0])
        console.print(line, style=style, highlight=False, markup=False, soft_wrap=True)
    if not changes:
        console.print("nothing changes")
