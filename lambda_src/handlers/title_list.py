"""The title workflow's last step: the titles table names the package, in one write."""

from __future__ import annotations

import time
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from adapters import clients
from adapters.observability import count, flush
from adapters.published_media import S3PublishedMedia
from adapters.settings import ListSettings, load
from adapters.titles_writer import TitlesWriter
from schemas.intake import ListingRequest
from services.title_listing import TitleLister


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The Lambda entry point."""
    settings, request = load(ListSettings), ListingRequest.model_validate(event)
    lister = TitleLister(
        titles=TitlesWriter(clients.dynamodb(), settings.titles_table),
        media=S3PublishedMedia(clients.s3(), settings.media_bucket),
        count=count,
    )
    try:
        return lister.list_title(request, now=time.time()).model_dump()
    finally:
        flush()
