"""The training workflow's gate: may this candidate replace the model that serves?"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from adapters import clients
from adapters.observability import logger
from adapters.published_models import read_incumbent
from adapters.settings import ModelSettings, load
from adapters.training_output import read_training_output
from schemas.models import GateDecision, GateRequest
from services.promotion import Evaluated, judge


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The Lambda entry point."""
    settings, request = load(ModelSettings), GateRequest.model_validate(event)
    candidate = read_training_output(clients.s3(), request.artifact_uri)
    incumbent = read_incumbent(clients.s3(), settings.model_bucket, logger().warning)
    verdict = judge(
        Evaluated(candidate.metrics, candidate.model.titles.keys()),
        Evaluated(incumbent[0].metrics, incumbent[1].titles.keys()) if incumbent else None,
        tolerance=settings.gate_tolerance,
    )
    return GateDecision(
        promote=verdict.promote,
        reason=verdict.reason,
        metrics=candidate.metrics,
        incumbent=incumbent[0].metrics if incumbent else None,
        artifact_uri=request.artifact_uri,
        version=candidate.model.version,
    ).model_dump()
