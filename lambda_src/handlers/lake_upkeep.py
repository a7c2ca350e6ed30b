"""The lake's upkeep, hourly: hours made whole, and ended where they are past their retention."""

from __future__ import annotations

import time
from dataclasses import asdict
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from adapters import clients
from adapters.lake_catalogue import GlueCatalogue
from adapters.lake_files import LakeBucket
from adapters.lake_rewriter import DuckdbRewriter
from adapters.large_hours import LargeHours
from adapters.observability import count, flush, journal
from adapters.settings import LakeUpkeepSettings, load
from services.compaction import LakeUpkeep

# The room that one hour's rewriting needs, at the most.
_LAST_START_MS = 450_000


@cache
def service() -> LakeUpkeep:
    """The use case, wired to this function's bucket and database."""
    settings = load(LakeUpkeepSettings)
    files = LakeBucket(clients.s3(), settings.lake_bucket)
    return LakeUpkeep(
        files=files,
        catalogue=GlueCatalogue(clients.glue(), settings.lake_database, settings.lake_bucket),
        rewrite=DuckdbRewriter(files, settings.lake_memory_mb),
        large=LargeHours(clients.s3(), settings.lake_bucket),
        count=count,
        retention_days=settings.lake_retention_days,
        most_bytes=settings.lake_most_bytes,
    )


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The Lambda entry point; a run that fails half-way is gone on with by the next."""

    def may_go_on() -> bool:
        return context.get_remaining_time_in_millis() > _LAST_START_MS

    try:
        report = service().run(now=time.time(), may_go_on=may_go_on)
        journal("lake_upkeep", **asdict(report))
        return asdict(report)
    finally:
        flush()
