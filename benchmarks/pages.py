"""Home pages of a few very different viewers, to be read by people.

Run it with ``python -m benchmarks.pages``; it prints Markdown.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from recommender.artifact import from_bytes, to_bytes
from recommender.catalogue import Viewer
from recommender.history import TitleState
from recommender.model import Model
from recommender.preferences import stars
from recommender.training import fit
from scripts.importers import movielens

GENRES = ("Horror", "Children", "Film-Noir")
_FEWEST, _MOST = 20, 120  # likings of a viewer whose page is shown
_LIKED = 4.0
_SHOWN = 3  # titles of a row
_BEST = 6
History = Mapping[str, TitleState]
app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def main(
    data: Annotated[Path, typer.Argument(help="Folder in MovieLens format.")],
    genre: Annotated[list[str] | None, typer.Option("-g", help="Again for more.")] = None,
) -> None:
    """Show the page of the viewer with the largest share of each genre in what they liked.

    Examples:

      python -m benchmarks.pages ml-latest-small

      python -m benchmarks.pages ml-latest-small -g Musical -g War
    """
    imported = movielens.read(data)
    histories = imported.histories
    now = max(state.last_event_at for states in histories.values() for state in states.values())
    model = fit(imported.titles, histories, version="pages", now=now)
    model = from_bytes(to_bytes(model))
    for name in genre or GENRES:
        _show(model, name, max(histories.values(), key=lambda h: _share(model, h, name)), now)


def _share(model: Model, history: History, genre: str) -> float:
    """How much of what a viewer liked is of ``genre``; 0 of too few or too many likings."""
    liked = [title_id for title_id, state in history.items() if (state.rating or 0) >= _LIKED]
    if not _FEWEST <= len(liked) <= _MOST:
        return 0.0
    return sum(genre in model.titles[title_id].genres for title_id in liked) / len(liked)


def _show(model: Model, genre: str, history: History, now: float) -> None:
    favourites = sorted(history.values(), key=lambda s: (-stars(s.rating or 0), s.title_id))
    best = "; ".join(_name(model, state.title_id) for state in favourites[:_BEST])
    typer.echo(f"**A viewer of {genre.lower()}** ({len(history)} ratings; best: {best})\n")
    typer.echo("| row | title | why |\n|---|---|---|")
    for row in model.home(history, Viewer(), now=now, row_length=8):
        for place, item in enumerate(row.items[:_SHOWN]):
            name = row.name if not place else ""
            typer.echo(f"| {name} | {_name(model, item.title_id)} | {item.reason.text} |")
    typer.echo()


def _name(model: Model, title_id: str) -> str:
    title = model.titles[title_id]
    return f"{title.name} ({title.year})" if title.year else title.name


if __name__ == "__main__":
    app()
