"""The stream's profile consumer: events become each profile's history within seconds."""

from __future__ import annotations

import time
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from adapters import clients
from adapters.failure_store import FailureStore
from adapters.observability import count, flush
from adapters.profiles_table import ProfilesTable
from adapters.settings import ProfileConsumerSettings, load
from adapters.viewing_table import ViewingTable
from handlers.kinesis import records_of
from services.profile_updates import ProfileUpdates


@cache
def service() -> ProfileUpdates:
    """The use case, wired to this function's tables and failure bucket."""
    settings = load(ProfileConsumerSettings)
    dynamodb = clients.dynamodb()
    return ProfileUpdates(
        profiles=ProfilesTable(dynamodb, settings.profiles_table),
        viewing=ViewingTable(dynamodb, settings.viewing_table),
        poison=FailureStore(clients.failure_bucket(), settings.failure_bucket),
        count=count,
    )


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The Lambda entry point: a partial-batch response."""
    records = records_of(event)
    try:
        outcome = service().apply(records, now=time.time())
        return {"batchItemFailures": outcome.failures(records)}
    finally:
        flush()
