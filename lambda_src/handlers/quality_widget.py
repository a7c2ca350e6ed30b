"""A widget of the dashboard: how playback goes, read from the table of the windows."""

from __future__ import annotations

import time
from functools import cache
from html import escape
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from adapters import clients
from adapters.settings import QualityWidgetSettings, load
from adapters.trending_table import TrendingTable
from services.quality import DIMENSIONS, Quality, qualities

_ROWS = 10
_ABOUT = "The last two hours' quality of experience by title, country and network. Takes nothing."


@cache
def store() -> TrendingTable:
    """The table, read anew at every question."""
    return TrendingTable(clients.dynamodb(), load(QualityWidgetSettings).trending_table)


def handler(event: dict[str, Any], context: LambdaContext) -> str:
    """The Lambda entry point: CloudWatch shows the answer as HTML."""
    if event.get("describe"):
        return _ABOUT
    now = time.time()
    return "".join(
        _table(dimension, qualities(store(), dimension, now=now)[:_ROWS])
        for dimension in DIMENSIONS
    )


def _table(dimension: str, rows: list[Quality]) -> str:
    head = _cells("th", [dimension, "attempts", "start p50", "start p95", "rebuffer", "failed"])
    body = "".join(f"<tr>{_cells('td', _texts(row))}</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def _texts(row: Quality) -> list[str]:
    return [
        row.name,
        f"{row.attempts:,}",
        _known(row.startup_p50_ms, "{:,.0f} ms"),
        _known(row.startup_p95_ms, "{:,.0f} ms"),
        _known(row.rebuffer_ratio, "{:.2%}"),
        _known(row.failure_share, "{:.2%}"),
    ]


def _known(value: float | None, form: str) -> str:
    return "–" if value is None else form.format(value)


def _cells(tag: str, texts: list[str]) -> str:
    return "".join(f"<{tag}>{escape(text)}</{tag}>" for text in texts)
