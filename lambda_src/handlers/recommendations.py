"""What a profile might watch: its home page and its recommendations."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from adapters import clients
from adapters.editorial_store import EditorialStore
from adapters.model_store import ModelStore
from adapters.observability import count, journal, logger
from adapters.profiles_table import ProfilesTable
from adapters.settings import RecommendationsSettings, load
from adapters.titles_table import TitlesTable
from adapters.trending_table import TrendingTable
from adapters.viewing_table import ViewingTable
from handlers.http import Caller, CallerOfToken, ProfileIdInPath, application, serve
from schemas.recommendations import Home, Recommendations
from schemas.titles import DEFAULT_LIMIT
from services.asking import Asker
from services.recommendations import RecommendationService
from services.shelf import Shelf

app = application()


@app.get("/v1/profiles/<profile_id>/home", tags=["recommendations"])
def get_home(caller: CallerOfToken, profile_id: ProfileIdInPath) -> Home:
    """The rows of the home page: continue watching, top picks, because you watched, and more."""
    return service().home(_asker(caller, profile_id))


@app.get("/v1/profiles/<profile_id>/recommendations", tags=["recommendations"])
def get_recommendations(
    caller: CallerOfToken,
    profile_id: ProfileIdInPath,
    limit: Annotated[int, Query(ge=1, le=100)] = DEFAULT_LIMIT,
) -> Recommendations:
    """Titles the profile has not seen, best first, each with its source and reason."""
    return service().recommend(_asker(caller, profile_id), limit=limit)


@cache
def service() -> RecommendationService:
    """The use case, wired to this function's tables and model."""
    settings = load(RecommendationsSettings)
    dynamodb = clients.dynamodb()
    titles = TitlesTable(dynamodb, settings.titles_table)
    return RecommendationService(
        profiles=ProfilesTable(dynamodb, settings.profiles_table),
        viewing=ViewingTable(dynamodb, settings.viewing_table),
        titles=titles,
        shelf=Shelf(titles),
        trending=TrendingTable(
            dynamodb, settings.trending_table, settings.trending_refresh_seconds
        ),
        models=ModelStore(
            clients.s3(),
            settings.model_bucket,
            count,
            logger().warning,
            settings.model_refresh_seconds,
        ),
        editorial=EditorialStore(
            clients.s3(),
            settings.model_bucket,
            count,
            logger().warning,
            settings.model_refresh_seconds,
        ),
        count=count,
        journal=journal,
    )


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The Lambda entry point."""
    return serve(app, event, context)


def _asker(caller: Caller, profile_id: str) -> Asker:
    return Asker(caller.account_id, profile_id, caller.now, caller.country)
