"""Batches of player and page events, on their way to the stream."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.utilities.typing import LambdaContext

from adapters import clients
from adapters.event_stream import EventStream
from adapters.observability import count
from adapters.profiles_table import ProfilesTable
from adapters.settings import EventsSettings, load
from handlers.http import CallerOfToken, ProfileIdInPath, application, serve
from schemas.interactions import EventBatch, EventReceipt
from services.asking import Asker
from services.events import EventService

app = application()


@app.post("/v1/profiles/<profile_id>/events", tags=["events"], status_code=202)
def post_events(
    caller: CallerOfToken, profile_id: ProfileIdInPath, batch: Annotated[EventBatch, Body()]
) -> EventReceipt:
    """Take a batch of events; a bad one is answered by its index and loses no neighbour."""
    asker = Asker(caller.account_id, profile_id, caller.now, caller.country)
    return service().accept(asker, batch.events, sent_at=batch.sent_at)


@cache
def service() -> EventService:
    """The use case, wired to this function's table and stream."""
    settings = load(EventsSettings)
    return EventService(
        profiles=ProfilesTable(clients.dynamodb(), settings.profiles_table),
        events=EventStream(clients.kinesis(), settings.event_stream),
        count=count,
    )


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The Lambda entry point."""
    return serve(app, event, context)
