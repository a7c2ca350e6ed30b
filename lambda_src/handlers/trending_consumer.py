"""The windows' consumer: plays, completions and reports of playback, added up by the hour."""

from __future__ import annotations

import time
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from adapters import clients
from adapters.failure_store import FailureStore
from adapters.observability import count, flush, measure
from adapters.settings import TrendingConsumerSettings, load
from adapters.trending_counts import TrendingCountsTable
from handlers.kinesis import records_of
from services.trending_counts import TrendingUpdates


@cache
def service() -> TrendingUpdates:
    """The use case, wired to this function's table and failure bucket."""
    settings = load(TrendingConsumerSettings)
    return TrendingUpdates(
        trending=TrendingCountsTable(clients.dynamodb(), settings.trending_table),
        poison=FailureStore(clients.failure_bucket(), settings.failure_bucket),
        count=count,
        measure=measure,
        countries=frozenset(settings.quality_countries.split()),
    )


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The Lambda entry point: a partial-batch response."""
    records = records_of(event)
    try:
        outcome = service().apply(records, now=time.time())
        return {"batchItemFailures": outcome.failures(records)}
    finally:
        flush()
