"""Profiles of the token's account: ``/v1/profiles`` and below."""

from __future__ import annotations

import uuid
from functools import cache
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.utilities.typing import LambdaContext

from adapters import clients
from adapters.profiles_table import ProfilesTable
from adapters.settings import ProfilesSettings, load
from adapters.viewing_table import ViewingTable
from handlers.http import CallerOfToken, ProfileIdInPath, application, serve
from schemas.profiles import NewProfile, Profile, ProfileChange, ProfileExport, ProfileList
from services.profiles import ProfileService

app = application()


@app.get("/v1/profiles", tags=["profiles"])
def list_profiles(caller: CallerOfToken) -> ProfileList:
    """List the account's profiles."""
    return service().of_account(caller.account_id)


@app.post("/v1/profiles", tags=["profiles"], status_code=201)
def create_profile(caller: CallerOfToken, profile: Annotated[NewProfile, Body()]) -> Profile:
    """Add a profile; an account has at most five."""
    return service().create(caller.account_id, profile, now=caller.now)


@app.get("/v1/profiles/<profile_id>", tags=["profiles"])
def get_profile(caller: CallerOfToken, profile_id: ProfileIdInPath) -> Profile:
    """Read one profile."""
    return service().get(caller.account_id, profile_id)


@app.patch("/v1/profiles/<profile_id>", tags=["profiles"])
def change_profile(
    caller: CallerOfToken, profile_id: ProfileIdInPath, change: Annotated[ProfileChange, Body()]
) -> Profile:
    """Change what the body names, and nothing else."""
    return service().change(caller.account_id, profile_id, change)


@app.delete("/v1/profiles/<profile_id>", tags=["profiles"], status_code=204)
def delete_profile(caller: CallerOfToken, profile_id: ProfileIdInPath) -> Response[None]:
    """Delete a profile and all it did; safe to repeat after a failure."""
    service().delete(caller.account_id, profile_id, now=caller.now)
    return Response(204)


@app.get("/v1/profiles/<profile_id>/export", tags=["profiles"])
def export_profile(caller: CallerOfToken, profile_id: ProfileIdInPath) -> ProfileExport:
    """Give out everything that is stored of a profile."""
    return service().export(caller.account_id, profile_id, now=caller.now)


@cache
def service() -> ProfileService:
    """The use case, wired to this function's tables."""
    settings = load(ProfilesSettings)
    dynamodb = clients.dynamodb()
    return ProfileService(
        profiles=ProfilesTable(dynamodb, settings.profiles_table),
        viewing=ViewingTable(dynamodb, settings.viewing_table),
        new_id=lambda: uuid.uuid4().hex,
    )


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The Lambda entry point."""
    return serve(app, event, context)
