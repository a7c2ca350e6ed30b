"""The title workflow's first step: look into a delivery, refuse it or order its package."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from adapters import clients
from adapters.media.tools import SandboxedTools
from adapters.media_store import S3IngestStore
from adapters.observability import count, flush
from adapters.settings import ExamineSettings, load
from adapters.titles_table import TitlesTable
from schemas.intake import IntakeRequest
from schemas.ladder import shipped_ladder
from services.title_intake import TitleIntake


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The Lambda entry point."""
    settings, request = load(ExamineSettings), IntakeRequest.model_validate(event)
    intake = TitleIntake(
        ingest=S3IngestStore(clients.s3(), settings.ingest_bucket),
        tools=SandboxedTools(),
        titles=TitlesTable(clients.dynamodb(), settings.titles_table, consistent=True),
        ladder=shipped_ladder(),
        count=count,
    )
    try:
        examined = intake.examine(request.key, clock=datetime.now(UTC).isoformat())
    finally:
        flush()
    return examined.model_dump(mode="json")
