"""The stream's profile consumer: events become each profile's history within seconds."""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from adapters import clients
from adapters.failure_store import FailureStore
from adapters.observability import count, flush
from adapters.settings import ProfileConsumerSettings, load
from adapters.viewing_table import ViewingTable
from handlers.kinesis import records_of
from services.profile_updates import ProfileUpdates


@cache
def service() -> ProfileUpdates:
    """The use case, wired to this function's table and failure bucket."""
    settings = load(ProfileConsumerSettings)
    return ProfileUpdates(
        viewing=ViewingTable(clients.dynamodb(), settings.viewing_table),
        poison=FailureStore(clients.s3(), settings.failure_bucket),
        count=count,
    )


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The Lambda entry point: a partial-batch response."""
    records = records_of(event)
    try:
        return {"batchItemFailures": service().apply(records).failures(records)}
    finally:
        flush()
