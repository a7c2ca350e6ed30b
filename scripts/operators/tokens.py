"""``token``: a local viewer's access token, for curl and for the other commands."""

from __future__ import annotations

from typing import Annotated

import typer

from scripts.operators.deployment import Deployment, LocalPlatform
from scripts.operators.errors import OperatorError, explained

ViewerOption = Annotated[
    str | None, typer.Option(help="A demo viewer, by name; without it the first one.")
]


def account(viewer: str | None) -> dict[str, str]:
    """The sign-in of a demo viewer: username, password, label and profile_id."""
    accounts = LocalPlatform.read().accounts
    for entry in accounts:
        if viewer in (None, entry["label"], entry["username"]):
            return entry
    names = ", ".join(entry["label"] for entry in accounts)
    raise OperatorError(f"--viewer: there is no viewer {viewer!r}", next_step=f"one of: {names}")


def access_token(deployment: Deployment, username: str, password: str) -> str:
    """Signs in at the stage's user pool; valid for an hour."""
    answer = deployment.client("cognito-idp").initiate_auth(
        ClientId=deployment.output("profiles", "UserPoolClientId"),
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": username, "PASSWORD": password},
    )
    return str(answer["AuthenticationResult"]["AccessToken"])


@explained
def token(
    viewer: ViewerOption = None,
    profile: Annotated[
        bool, typer.Option("--profile", help="Print the viewer's profile id instead.")
    ] = False,
) -> None:
    """Print an access token of a local demo viewer.

    TOKEN=$(scripts/marquee token) && curl -H "authorization: Bearer $TOKEN"
    http://127.0.0.1:8080/v1/profiles
    """
    entry = account(viewer)
    if profile:
        typer.echo(entry["profile_id"])
        return
    typer.echo(access_token(Deployment("local"), entry["username"], entry["password"]))
