"""The title workflow's arranging: the checked package, laid out where it is played from."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from adapters import clients
from adapters.media.tools import SandboxedTools
from adapters.media_store import S3MediaStore
from adapters.settings import ArrangeSettings, load
from schemas.ladder import shipped_ladder
from schemas.package import PackageOrder
from services.title_packaging import PackageArranger


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, str]:
    """The Lambda entry point: the manifest, below ``/media/<title_id>/``."""
    settings, order = load(ArrangeSettings), PackageOrder.model_validate(event)
    arranger = PackageArranger(
        staging=S3MediaStore(clients.s3(), settings.ingest_bucket),
        media=S3MediaStore(clients.s3(), settings.media_bucket),
        tools=SandboxedTools(),
        ladder=shipped_ladder(),
    )
    return {"manifest": arranger.arrange(order)}
