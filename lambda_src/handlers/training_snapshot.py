"""The training workflow's first step: the data of this run, frozen."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from adapters import clients
from adapters.settings import SnapshotSettings, load
from adapters.snapshot_store import SnapshotStore
from adapters.titles_table import TitlesTable
from adapters.viewing_table import ViewingTable
from schemas.models import SnapshotRequest
from services.snapshot import take_snapshot


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The Lambda entry point."""
    settings = load(SnapshotSettings)
    snapshot = take_snapshot(
        SnapshotRequest.model_validate(event).run,
        catalogue=TitlesTable(clients.dynamodb(), settings.titles_table),
        everybody=ViewingTable(clients.dynamodb(), settings.viewing_table),
        sink=SnapshotStore(clients.s3(), settings.model_bucket, settings.lake_bucket),
    )
    return snapshot.model_dump()
