"""``recommend``: a viewer's rows with reasons, as the viewer's page gets them."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from scripts.operators import tables
from scripts.operators.api import Api
from scripts.operators.deployment import Deployment, LocalPlatform
from scripts.operators.errors import explained
from scripts.operators.tokens import ViewerOption, access_token, account


@explained
def recommend(
    viewer: ViewerOption = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="Titles in the top list.")] = 10,
    rows: Annotated[bool, typer.Option(help="Show every row of the home page too.")] = True,
) -> None:
    """Show a local viewer's recommendations: what, from which source, and why."""
    console = Console()
    entry = account(viewer)
    token = access_token(Deployment("local"), entry["username"], entry["password"])
    api = Api(LocalPlatform.read().url, token)
    path = f"/v1/profiles/{entry['profile_id']}"
    answer = api.get(f"{path}/recommendations", limit=limit)
    served_by = f"model {answer['model_version']}"
    if answer["fallback"]:
        served_by = f"no model: {answer['fallback']}"
    heading = f"{entry['label']}: top {limit} ({served_by})"
    console.print(tables.recommendations(heading, answer["items"]))
    if rows:
        for row in api.get(f"{path}/home")["rows"]:
            console.print(tables.recommendations(row["name"], row["items"][:limit]))
