"""The catalogue: ``/v1/titles``, one title, similar titles, search."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from adapters import clients
from adapters.model_store import ModelStore
from adapters.observability import count, logger
from adapters.profiles_table import ProfilesTable
from adapters.settings import TitlesSettings, load
from adapters.titles_table import TitlesTable
from adapters.viewing_table import ViewingTable
from handlers.http import Caller, CallerOfToken, TitleIdInPath, application, serve
from schemas.fields import PROFILE_ID_PATTERN
from schemas.recommendations import SimilarTitles
from schemas.titles import DEFAULT_LIMIT, SearchResults, TitleCard, TitlePage
from services.asking import Visitor
from services.shelf import Shelf
from services.titles import TitleService

app = application()

Limit = Annotated[int, Query(ge=1, le=100)]
AsProfile = Annotated[
    str | None,
    Query(pattern=PROFILE_ID_PATTERN, description="Whose maturity ceiling and country count."),
]
NextToken = Annotated[str | None, Query(description="Of the page before.")]
Words = Annotated[str, Query(min_length=1, max_length=100, pattern=r"\S")]


@app.get("/v1/titles", tags=["titles"])
def list_titles(
    caller: CallerOfToken,
    limit: Limit = DEFAULT_LIMIT,
    next_token: NextToken = None,
    profile_id: AsProfile = None,
) -> TitlePage:
    """Page through the catalogue."""
    visitor = _visitor(caller, profile_id)
    return service().browse(visitor, limit=limit, next_token=next_token)


@app.get("/v1/titles/<title_id>", tags=["titles"])
def get_title(
    caller: CallerOfToken, title_id: TitleIdInPath, profile_id: AsProfile = None
) -> TitleCard:
    """Read one title."""
    return service().get(_visitor(caller, profile_id), title_id)


@app.get("/v1/titles/<title_id>/similar", tags=["titles"])
def get_similar_titles(
    caller: CallerOfToken,
    title_id: TitleIdInPath,
    limit: Limit = DEFAULT_LIMIT,
    profile_id: AsProfile = None,
) -> SimilarTitles:
    """List titles like this one."""
    return service().similar(_visitor(caller, profile_id), title_id, limit=limit)


@app.get("/v1/search", tags=["titles"])
def search_titles(
    caller: CallerOfToken, q: Words, limit: Limit = DEFAULT_LIMIT, profile_id: AsProfile = None
) -> SearchResults:
    """Find titles by words of their name, people or genres."""
    return service().search(_visitor(caller, profile_id), q, limit=limit)


@cache
def service() -> TitleService:
    """The use case, wired to this function's tables and model."""
    settings = load(TitlesSettings)
    dynamodb = clients.dynamodb()
    titles = TitlesTable(dynamodb, settings.titles_table)
    return TitleService(
        profiles=ProfilesTable(dynamodb, settings.profiles_table),
        viewing=ViewingTable(dynamodb, settings.viewing_table),
        titles=titles,
        shelf=Shelf(titles),
        models=ModelStore(
            clients.s3(),
            settings.model_bucket,
            count,
            logger().warning,
            settings.model_refresh_seconds,
        ),
        count=count,
    )


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The Lambda entry point."""
    return serve(app, event, context)


def _visitor(caller: Caller, profile_id: str | None) -> Visitor:
    return Visitor(caller.account_id, profile_id, caller.now, caller.country)
