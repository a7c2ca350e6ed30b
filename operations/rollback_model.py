"""Moves the model pointer back one step. Runs inside the SSM document, with boto3 alone.

The published artifacts stay where they are: only `models/current.json` is written, last, and
the serving functions follow it within seconds.
"""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any

import boto3

POINTER = "models/current.json"


class RollbackError(RuntimeError):
    """There is nothing to go back to, or it is not intact."""


def handler(event: dict[str, str], _context: object) -> dict[str, str]:
    """Roll back the model of bucket `event["Bucket"]`; give the two versions."""
    return roll_back(boto3.client("s3"), event["Bucket"], now=time.time())


def roll_back(s3: Any, bucket: str, *, now: float) -> dict[str, str]:  # noqa: ANN401
    """Point at the version before the current one, at `now` in Unix seconds.

    RollbackError where there is none, or where it is not there any more.
    """
    current = json.loads(_read(s3, bucket, POINTER))
    target = current.get("previous")
    if not target:
        raise RollbackError(f"{current.get('version')} is the first version: nothing before it")
    key = f"models/{target}/model.bin"
    artifact = _read(s3, bucket, key)
    pointer = {
        "version": target,
        "key": key,
        "sha256": hashlib.sha256(artifact).hexdigest(),
        "bytes": len(artifact),
        "published_at": now,
        "metrics": json.loads(_read(s3, bucket, f"models/{target}/metrics.json")),
        # One step is as far as a rollback goes: the step before is unknown to this pointer.
        "previous": None,
    }
    s3.put_object(
        Bucket=bucket,
        Key=POINTER,
        Body=json.dumps(pointer, sort_keys=True).encode(),
        ContentType="application/json",
    )
    return {"from": current["version"], "to": target}


def _read(s3: Any, bucket: str, key: str) -> bytes:  # noqa: ANN401
    try:
        body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except s3.exceptions.ClientError as error:
        raise RollbackError(f"cannot read s3://{bucket}/{key}: {error}") from error
    return body
