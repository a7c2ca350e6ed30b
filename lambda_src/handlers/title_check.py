"""The title workflow's check: does what the packaging job left play, whole and aligned?"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from adapters import clients
from adapters.media.tools import SandboxedTools
from adapters.media_store import S3MediaStore
from adapters.settings import CheckSettings, load
from schemas.ladder import shipped_ladder
from schemas.package import PackageOrder
from services.package_check import PackageChecker


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """The Lambda entry point: the segments of each part."""
    settings, order = load(CheckSettings), PackageOrder.model_validate(event)
    checker = PackageChecker(
        staging=S3MediaStore(clients.s3(), settings.ingest_bucket),
        tools=SandboxedTools(),
        ladder=shipped_ladder(),
    )
    return checker.check(order)
