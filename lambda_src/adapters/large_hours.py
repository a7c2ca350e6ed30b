"""Asks for hours that are too large for a function: an object, whose arrival starts a job."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from adapters.faults import code_of, translated
from services.lake import LakeHour

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ASKED_PREFIX = "asked"
# More than a job may run (stacks/constructs/large_hours.py), so that no two write one folder.
PATIENCE_SECONDS = 6 * 3600


@dataclass(frozen=True)
class LargeHours:
    """A :class:`services.lake.LargeRewriter`."""

    client: S3Client
    bucket: str

    def ask(self, hour: LakeHour, generation: str, *, now: float) -> bool:
        """Asks, again only after ``PATIENCE_SECONDS``; whether it was first asked since then."""
        known = self._known(hour, generation)
        first, last = known.get("first", now), known.get("last")
        if last is None or last + PATIENCE_SECONDS <= now:
            with translated("the lake bucket"):
                self.client.put_object(
                    Bucket=self.bucket,
                    Key=_key(hour, generation),
                    Body=json.dumps({"first": first, "last": now}).encode(),
                )
        return first + PATIENCE_SECONDS > now

    def settle(self, hour: LakeHour, generation: str) -> None:
        """Forgets that it was asked for."""
        with translated("the lake bucket"):
            self.client.delete_object(Bucket=self.bucket, Key=_key(hour, generation))

    def _known(self, hour: LakeHour, generation: str) -> dict[str, float]:
        try:
            with translated("the lake bucket"):
                answer = self.client.get_object(Bucket=self.bucket, Key=_key(hour, generation))
        except ClientError as error:
            if code_of(error) == "NoSuchKey":
                return {}
            raise
        known: dict[str, float] = json.loads(answer["Body"].read())
        return known


def _key(hour: LakeHour, generation: str) -> str:
    return f"{ASKED_PREFIX}/{hour.folder}/{generation}"
