"""A profile's ratings and its list."""

from __future__ import annotations

import uuid
from functools import cache
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.utilities.typing import LambdaContext

from adapters import clients
from adapters.event_stream import EventStream
from adapters.profiles_table import ProfilesTable
from adapters.settings import InteractionsSettings, load
from adapters.titles_table import TitlesTable
from adapters.viewing_table import ViewingTable
from handlers.http import (
    Caller,
    CallerOfToken,
    ProfileIdInPath,
    TitleIdInPath,
    application,
    serve,
)
from schemas.interactions import RatingBody, TitleListing, TitleRating
from services.asking import Asker
from services.interactions import InteractionService

app = application()


@app.put("/v1/profiles/<profile_id>/ratings/<title_id>", tags=["interactions"])
def put_rating(
    caller: CallerOfToken,
    profile_id: ProfileIdInPath,
    title_id: TitleIdInPath,
    body: Annotated[RatingBody, Body()],
) -> TitleRating:
    """Rate a title; it counts in the very next recommendations."""
    return service().rate(_asker(caller, profile_id), title_id, body.rating)


@app.delete("/v1/profiles/<profile_id>/ratings/<title_id>", tags=["interactions"])
def delete_rating(
    caller: CallerOfToken, profile_id: ProfileIdInPath, title_id: TitleIdInPath
) -> TitleRating:
    """Take a rating back."""
    return service().unrate(_asker(caller, profile_id), title_id)


@app.put("/v1/profiles/<profile_id>/list/<title_id>", tags=["interactions"])
def put_on_list(
    caller: CallerOfToken, profile_id: ProfileIdInPath, title_id: TitleIdInPath
) -> TitleListing:
    """Put a title on the profile's list."""
    return service().add_to_list(_asker(caller, profile_id), title_id)


@app.delete("/v1/profiles/<profile_id>/list/<title_id>", tags=["interactions"])
def delete_from_list(
    caller: CallerOfToken, profile_id: ProfileIdInPath, title_id: TitleIdInPath
) -> TitleListing:
    """Take a title off the profile's list."""
    return service().take_off_list(_asker(caller, profile_id), title_id)


@cache
def service() -> InteractionService:
    """The use case, wired to this function's tables and stream."""
    settings = load(InteractionsSettings)
    dynamodb = clients.dynamodb()
    return InteractionService(
        profiles=ProfilesTable(dynamodb, settings.profiles_table),
        titles=TitlesTable(dynamodb, settings.titles_table),
        viewing=ViewingTable(dynamodb, settings.viewing_table),
        events=EventStream(clients.kinesis(), settings.event_stream),
        new_id=lambda: uuid.uuid4().hex,
    )


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The Lambda entry point."""
    return serve(app, event, context)


def _asker(caller: Caller, profile_id: str) -> Asker:
    return Asker(caller.account_id, profile_id, caller.now, caller.country)
