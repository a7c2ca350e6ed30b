"""``keys``: turns over the keys of the media's cookies and the edge's word, noticed by nobody.

Both keys open media at all times; one of them signs. The other, which signs nothing that is
still valid, is the one to replace; when CloudFront knows its successor, that one takes over.

The edge's word needs no such turns: the API accepts the one before the newest as well.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from scripts.operators.deployment import StageOption
from scripts.operators.errors import OperatorError, explained
from services.streams import LEASE_SECONDS
from stacks.config import SIGNING_FILE

app = typer.Typer(
    no_args_is_help=True,
    help="The keys that sign media cookies: replace the idle one, deploy, switch, deploy. "
    "The word by which the API knows CloudFront: edge, deploy.",
)
console = Console(highlight=False)
NAMES = "AB"
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print what would change, change nothing.")]


@app.command()
@explained
def show(stage: StageOption = "prod") -> None:
    """Print the keys of a stage, as the next deployment makes them."""
    keys = read(stage)
    table = Table(f"keys of {stage}", "generation", "signs", "opens media")
    for place, generation in enumerate(keys["generations"]):
        signs = "yes" if place == keys["active"] else "no"
        table.add_row(NAMES[place], str(generation), signs, "yes")
    console.print(table)
    console.print(f"the edge's word is generation {keys['edge']}")


@app.command()
@explained
def replace(stage: StageOption = "prod", dry_run: DryRun = False) -> None:
    """Have the idle key made anew by the next deployment; nothing that is valid was signed by it.

    After a switch wait until the last cookies of the key that is idle now have ended.
    """
    keys = read(stage)
    idle = 1 - keys["active"]
    keys["generations"][idle] += 1
    console.print(
        f"key {NAMES[idle]} becomes generation {keys['generations'][idle]}; "
        f"key {NAMES[keys['active']]} goes on signing"
    )
    if not dry_run:
        write(stage, keys)
    _next(f"make deploy STAGE={stage}, then scripts/marquee keys switch --stage {stage}")


@app.command()
@explained
def switch(stage: StageOption = "prod", dry_run: DryRun = False) -> None:
    """Have the idle key sign from the next deployment on; the other one still opens media."""
    keys = read(stage)
    keys["active"] = 1 - keys["active"]
    console.print(f"key {NAMES[keys['active']]} signs, key {NAMES[1 - keys['active']]} is idle")
    if not dry_run:
        write(stage, keys)
    minutes = LEASE_SECONDS // 60
    _next(
        f"make deploy STAGE={stage}; {minutes} minutes after it the idle key may be replaced: "
        f"scripts/marquee keys replace --stage {stage}"
    )


@app.command()
@explained
def edge(stage: StageOption = "prod", dry_run: DryRun = False) -> None:
    """Have CloudFront say a new word to the API from the next deployment on.

    The word before it is accepted until the next turn: after a leak turn twice, and let each
    deployment end before the next turn.
    """
    keys = read(stage)
    keys["edge"] += 1
    console.print(f"the edge's word becomes generation {keys['edge']}")
    if not dry_run:
        write(stage, keys)
    _next(f"make deploy STAGE={stage}")


def read(stage: str, file: Path = SIGNING_FILE) -> dict[str, Any]:
    """A stage's ``generations``, its ``active`` key, 0 or 1, and the ``edge``'s generation."""
    stages: dict[str, dict[str, Any]] = json.loads(file.read_text())
    if stage not in stages:
        raise OperatorError(
            f"--stage: there is no stage {stage!r}", next_step=f"one of {', '.join(stages)}"
        )
    return stages[stage]


def write(stage: str, keys: dict[str, Any], file: Path = SIGNING_FILE) -> None:
    """Store a stage's keys beside the others', in one step."""
    stages = json.loads(file.read_text()) | {stage: keys}
    lines = (f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in stages.items())
    fresh = file.with_suffix(".new")
    fresh.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    fresh.replace(file)


def _next(words: str) -> None:
    console.print(f"[dim]next[/dim]  {words}")
