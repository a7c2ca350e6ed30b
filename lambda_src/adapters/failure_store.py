"""Where records that nobody can read are kept, whole, for people to look at."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from adapters.faults import translated
from services.stream import StreamRecord

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class FailureStore:
    """A :class:`services.stream.PoisonStore`. The key is the record's own: a retry overwrites."""

    client: S3Client
    bucket: str

    def keep(self, consumer: str, record: StreamRecord, reason: str) -> None:
        """Writes the record, byte by byte, with why it could not be read."""
        arrived = datetime.fromtimestamp(record.arrived_at, UTC)
        content = {
            "reason": reason,
            "consumer": consumer,
            "shard": record.shard,
            "sequence": record.sequence,
            "arrived_at": record.arrived_at,
            "data": base64.b64encode(record.data).decode(),
        }
        with translated("the failure bucket"):
            self.client.put_object(
                Bucket=self.bucket,
                Key=f"poison/{consumer}/{arrived:%Y/%m/%d}/{record.shard}-{record.sequence}.json",
                Body=json.dumps(content).encode(),
                ContentType="application/json",
            )
