"""The training workflow's last step: load the published model as the serving code does."""

from __future__ import annotations

import time
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from adapters import clients
from adapters.published_models import read_served
from adapters.settings import ModelSettings, load
from schemas.models import Published
from services.publishing import verify


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The Lambda entry point; raises where the model does not serve."""
    published = Published.model_validate(event)
    pointer, model = read_served(clients.s3(), load(ModelSettings).model_bucket)
    return verify(published, pointer, model, now=time.time()).model_dump()
