"""The training workflow's publishing: the artifact, the popular window, and last the pointer."""

from __future__ import annotations

import time
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from adapters import clients
from adapters.model_publisher import ModelPublisher
from adapters.observability import logger
from adapters.published_models import known_pointer
from adapters.settings import PublishSettings, load
from adapters.training_output import read_training_output
from adapters.trending_table import TrendingTable
from recommender.cards import catalogue_digest
from schemas.models import PublishRequest
from services.publishing import popular_scores


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The Lambda entry point."""
    settings, request = load(PublishSettings), PublishRequest.model_validate(event)
    candidate = read_training_output(clients.s3(), request.artifact_uri)
    publisher = ModelPublisher(clients.s3(), settings.model_bucket)
    pointer = publisher.store(
        candidate.artifact,
        version=request.version,
        catalogue=catalogue_digest(candidate.model.index.titles),
        metrics=request.metrics,
        previous=known_pointer(clients.s3(), settings.model_bucket, logger().warning),
        now=time.time(),
    )
    windows = TrendingTable(clients.dynamodb(), settings.trending_table)
    windows.replace_popular(popular_scores(candidate.model))
    publisher.point_to(pointer)
    return pointer.model_dump(include={"version", "key", "sha256", "bytes"})
