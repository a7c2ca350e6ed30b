"""The table: on screen, as Markdown, as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from benchmarks.quality.contenders import OURS
from benchmarks.quality.summary import Lead, Result, Row

COLUMNS = (
    "ndcg@10",
    "recall@10",
    "recall@50",
    "map",
    "coverage@10",
    "tail@10",
    "diversity@10",
    "fit s",
    "p50 ms",
    "p99 ms",
    "bytes",
)
NONE = "–"


def cells(result: Result) -> list[list[str]]:
    """The rows of the table, a heading first; models that cannot take part come last."""
    stages = [label for label in result.rows[0].stages if len(result.rows[0].stages) > 1]
    heading = ["model", *COLUMNS, *(f"nDCG: {label}" for label in stages)]
    body = [
        [row.model, *(_cell(name, row.figures[name]) for name in COLUMNS), *_staged(row, stages)]
        for row in result.rows
    ]
    absent = [[name, *[NONE] * (len(heading) - 1)] for name in result.absent]
    return [heading, *body, *absent]


def title(result: Result) -> str:
    """What the table shows, in one line."""
    over = "" if len(result.primary) == 1 else ", mean of " + ", ".join(result.primary)
    splits = "" if result.splits == 1 else f" in {result.splits} splits"
    return f"({result.letter}) {result.scenario}: {result.viewers} viewers{splits}{over}"


def verdict(lead: Lead | None) -> str:
    """Ours against the best peer, in a sentence."""
    if lead is None:
        return "Nothing to compare: ours and a peer are needed."
    low, high = lead.share_interval
    return (
        f"ours against {lead.peer}, the best peer: nDCG@10 {lead.difference:+.4f},"
        f" {lead.share:+.1%} (95% interval {low:+.1%} to {high:+.1%})."
    )


def notes(result: Result) -> str:
    """The verdict, and who is missing from the table."""
    said = verdict(result.lead)
    if not result.unmeasured:
        return said
    return f"{said} Not measured: {', '.join(result.unmeasured)}."


def on_screen(result: Result) -> Table:
    """The table for a terminal, ours in bold."""
    heading, *body = cells(result)
    table = Table(title=title(result), caption=notes(result))
    for place, name in enumerate(heading):
        table.add_column(name, justify="right" if place else "left", no_wrap=True)
    for row in body:
        table.add_row(*row, style="bold" if row[0] == OURS else "")
    return table


def markdown(data: str, command: str, results: Sequence[Result]) -> str:
    """The whole report as Markdown, with the settings that were chosen."""
    lines = [f"# Recommendation quality on {data}", "", "```sh", command, "```", ""]
    for result in results:
        heading, *body = cells(result)
        lines += [f"## {title(result)}", "", _line(heading)]
        lines.append("|" + "|".join([":--", *["--:"] * (len(heading) - 1)]) + "|")
        for row in body:
            lines.append(_line([f"**{cell}**" for cell in row] if row[0] == OURS else row))
        lines += [
            "",
            notes(result),
            "",
            "Settings chosen on validation data, out of how many:",
            "",
        ]
        lines += [f"- {row.model}: {_settings(row)}" for row in result.rows if any(row.settings)]
        lines.append("")
    return "\n".join(lines)


def write_json(path: Path, data: str, command: str, results: Sequence[Result]) -> None:
    """Every number, unrounded."""
    content: dict[str, Any] = {
        "data": data,
        "command": command,
        "results": [result.as_json() for result in results],
    }
    path.write_text(json.dumps(content, indent=1) + "\n")


def _staged(row: Row, stages: Sequence[str]) -> list[str]:
    return [_cell("ndcg@10", row.stages[name]) if name in row.stages else NONE for name in stages]


def _settings(row: Row) -> str:
    told = [", ".join(f"{name} {value}" for name, value in one.items()) for one in row.settings]
    return f"{'; '.join(dict.fromkeys(told))} ({row.tried})"


def _cell(name: str, value: float) -> str:
    if name == "bytes":
        return f"{value / 1e6:.1f} MB"
    if name == "fit s":
        return f"{value:.1f}"
    if name.endswith("ms"):
        return f"{value:.2f}"
    return f"{value:.4f}" if name in COLUMNS[:4] else f"{value:.3f}"


def _line(row: Sequence[str]) -> str:
    return "| " + " | ".join(row) + " |"
