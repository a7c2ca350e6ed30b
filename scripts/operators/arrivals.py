"""When deliveries arrived, by which an operator tells them from those before and after."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from adapters.faults import code_of


def arrived_at(s3: Any, bucket: str, key: str) -> float | None:  # noqa: ANN401 - boto3
    """Seconds, as the titles table has them of what is listed; None where it isn't there."""
    try:
        head = s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if code_of(error) in {"404", "NoSuchKey", "NotFound"}:
            return None
        raise
    return float(head["LastModified"].timestamp())
