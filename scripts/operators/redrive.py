"""``titles redrive``: what failed goes on from where it failed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from botocore.exceptions import ClientError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from adapters.faults import code_of
from scripts.operators.arrivals import arrived_at
from scripts.operators.deployment import Deployment, StageOption
from scripts.operators.errors import OperatorError, explained

# Whoever stopped an execution did not want it to go on.
FAILED = ("FAILED", "TIMED_OUT")
REDRIVABLE_DAYS = 14  # from an execution's end


@explained
def redrive(
    title_ids: Annotated[
        list[str] | None, typer.Argument(help="Only these; without any, every one that failed.")
    ] = None,
    stage: StageOption = "local",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done; change nothing.")
    ] = False,
) -> None:
    """Re-drive titles whose preparation failed, each from the step that failed.

    What was packaged already is not packaged again. Of several failed deliveries of a title the
    newest is re-driven, and none where a later one was listed or the title was retired since.
    """
    console, redriver = Console(), Redriver(Deployment(stage), set(title_ids or ()), dry_run)
    table = Table(header_style="dim")
    for column in ("title", "execution", "failed with", ""):
        table.add_column(column)
    try:
        for row in redriver.rows():
            table.add_row(*row)
    finally:
        console.print(table if table.row_count else "no title's preparation has failed")
    if redriver.refused and not dry_run:
        raise OperatorError(
            f"{redriver.refused} could not be re-driven",
            next_step="deliver the title.json of these titles again; files that are there already "
            "need not be uploaded again",
        )


@dataclass
class Redriver:
    """Goes through the failed executions, newest first; ``refused`` counts AWS's refusals."""

    deployment: Deployment
    wanted: set[str]
    dry_run: bool
    refused: int = 0
    _seen: set[str] = field(default_factory=set)

    def rows(self) -> Iterator[tuple[str, str, str, str]]:
        """Title, execution, error, and what was done."""
        states = self.deployment.client("stepfunctions")
        for execution in failed_executions(self.deployment):
            found = states.describe_execution(executionArn=execution)
            key = _key_of(found)
            title_id = key.rpartition("/")[0].rpartition("/")[2]
            if self.wanted and title_id not in self.wanted:
                continue
            done = self._obstacle(title_id, key, found) or self._redriven(states, execution)
            yield title_id, found["name"], found.get("error", ""), done

    def _obstacle(self, title_id: str, key: str, found: dict[str, Any]) -> str | None:
        if title_id in self._seen:
            return "[dim]left: a later delivery failed too[/]"
        if title_id:
            self._seen.add(title_id)
            since = self._since(title_id, key)
            if since:
                return f"[dim]left: {since}[/]"
        # Where the service says nothing of it, its answer to the request is what counts.
        if found.get("redriveStatus", "REDRIVABLE") != "REDRIVABLE":
            self.refused += 1
            return f"[red]can't be re-driven[/] {escape(found.get('redriveStatusReason') or '')}"
        return None

    def _since(self, title_id: str, key: str) -> str | None:
        """What happened to the title after this delivery, if anything did."""
        ingest = self.deployment.output("content", "IngestBucketName")
        arrived = arrived_at(self.deployment.client("s3"), ingest, key)
        titles = self.deployment.table("TitlesTableName")
        answer = titles.get_item(Key={"title_id": title_id}, ConsistentRead=True)
        item: dict[str, Any] = answer.get("Item", {})
        if arrived is None:
            return None
        if float(item.get("retired_at", 0)) >= arrived:
            return "retired since"
        if float(item.get("delivered_at", 0)) >= arrived:
            return "listed since"
        return None

    def _redriven(self, states: Any, execution: str) -> str:  # noqa: ANN401 - boto3
        if self.dry_run:
            return "would be re-driven"
        try:
            states.redrive_execution(executionArn=execution)
        except ClientError as error:
            self.refused += 1
            return f"[red]{code_of(error)}[/] {escape(error.response['Error'].get('Message', ''))}"
        return "re-driven"


def failed_executions(deployment: Deployment) -> Sequence[str]:
    """Failed executions of the title workflow that may be young enough, newest first."""
    states = deployment.client("stepfunctions")
    machine = deployment.output("packaging", "TitleWorkflowArn")
    found = []
    for status in FAILED:
        pages = states.get_paginator("list_executions").paginate(
            stateMachineArn=machine, statusFilter=status
        )
        for page in pages:
            for execution in page["executions"]:
                ended = execution.get("stopDate") or execution["startDate"]
                if (datetime.now(UTC) - ended).days < REDRIVABLE_DAYS:
                    found.append((execution["startDate"], execution["executionArn"]))
    return [arn for _, arn in sorted(found, reverse=True)]


def _key_of(found: dict[str, Any]) -> str:
    """The ``title.json`` that an execution was started for; nothing where it was by hand."""
    try:
        given = json.loads(found.get("input", ""))
    except ValueError:
        return ""
    return str(given.get("key", "")) if isinstance(given, dict) else ""
