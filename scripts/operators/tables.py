"""How recommendations look in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich.table import Table

SOURCE_STYLE = {
    "content": "cyan",
    "collaborative": "magenta",
    "trending": "yellow",
    "editorial": "green",
    "popularity": "dim",
}


def recommendations(
    heading: str, items: Iterable[Mapping[str, Any]], *, marks: Mapping[str, str] | None = None
) -> Table:
    """Items of the API as a table. ``marks`` is a short note per title id, such as "new"."""
    table = Table(title=heading, title_justify="left", title_style="bold", header_style="dim")
    table.add_column("#", justify="right")
    if marks is not None:
        table.add_column("", justify="right", no_wrap=True)
    table.add_column("title", ratio=4)
    table.add_column("genres", ratio=3)
    table.add_column("source", no_wrap=True)
    table.add_column("reason", ratio=6)
    for rank, item in enumerate(items, start=1):
        year = f" ({item['year']})" if item.get("year") else ""
        source = item["source"]
        cells = [
            f"{item['name']}{year}",
            ", ".join(item["genres"]),
            f"[{SOURCE_STYLE.get(source, 'white')}]{source}[/]",
            item["reason"]["text"],
        ]
        mark = [] if marks is None else [f"[green]{marks.get(item['title_id'], '')}[/]"]
        table.add_row(str(rank), *mark, *cells)
    return table
