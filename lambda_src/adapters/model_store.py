"""The served model: the pointer in S3 says which artifact, and it stays in memory while it holds.

The loading rule: the pointer is read again at most every ``refresh_seconds``, and only its
change makes us load an artifact, whose digest must be the pointer's. What fails leaves the
last good model in place and is counted; without a good model the reason is the answer's
``fallback``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError
from pydantic import ValidationError

from adapters.faults import code_of, translated
from recommender.artifact import from_bytes
from recommender.errors import DamagedArtifactError
from recommender.model import Model
from schemas.errors import ModelUnavailableError, RetryLaterError
from schemas.models import ModelPointer
from services.ports import Counter, ServedModel

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

POINTER_KEY = "models/current.json"
MODEL_MISSING = "model_missing"
MODEL_DAMAGED = "model_damaged"
MODEL_UNREACHABLE = "model_unreachable"
# An artifact that failed while another one serves isn't fetched again with every request.
_FAILED_SECONDS = 60.0


@dataclass(slots=True)
class _Memory:
    served: ServedModel = ServedModel(None, MODEL_MISSING)
    checked_at: float = float("-inf")
    loaded_etag: str | None = None
    failed_etag: str | None = None
    failed_at: float = float("-inf")


@dataclass(frozen=True)
class ModelStore:
    """A :class:`services.ports.ModelSource`, to be shared by all requests of a function."""

    client: S3Client
    bucket: str
    count: Counter
    warn: Callable[[str], object]
    refresh_seconds: float = 5.0
    _memory: _Memory = field(default_factory=_Memory)

    def current(self, now: float) -> ServedModel:
        """The latest good model, or why there is none."""
        memory = self._memory
        if now - memory.checked_at < self.refresh_seconds:
            return memory.served
        memory.checked_at = now
        try:
            self._refresh(now)
        except ModelUnavailableError as error:
            self.count("ModelLoadFailed", reason=error.reason)
            self.warn(f"{error.reason}: {error.message}")
            if memory.served.model is None:
                memory.served = ServedModel(None, error.reason)
        return memory.served

    def _refresh(self, now: float) -> None:
        memory = self._memory
        found = read_pointer(self.client, self.bucket, unless=memory.loaded_etag)
        if found is None:
            return
        pointer, etag = found
        failed_lately = etag == memory.failed_etag and now - memory.failed_at < _FAILED_SECONDS
        if memory.served.model and failed_lately:
            return
        try:
            model = read_model(self.client, self.bucket, pointer)
        except ModelUnavailableError:
            memory.failed_etag, memory.failed_at = etag, now
            raise
        memory.served = ServedModel(model, None)
        memory.loaded_etag = etag


def read_pointer(
    client: S3Client, bucket: str, *, unless: str | None = None
) -> tuple[ModelPointer, str] | None:
    """The pointer and its ETag, ``None`` if the ETag is still ``unless``.

    :class:`ModelUnavailableError` says what else is wrong.
    """
    condition = {"IfNoneMatch": unless} if unless else {}
    try:
        with translated("the model bucket"):
            answer = client.get_object(Bucket=bucket, Key=POINTER_KEY, **condition)  # type: ignore[arg-type]
            body = answer["Body"].read()
    except ClientError as error:
        if code_of(error) in {"304", "NotModified"}:
            return None
        raise _unavailable(error, POINTER_KEY) from error
    except RetryLaterError as error:
        raise ModelUnavailableError(MODEL_UNREACHABLE, error.message) from error
    etag = answer["ETag"]
    if etag == unless:
        return None
    try:
        return ModelPointer.model_validate(json.loads(body)), etag
    except (ValidationError, ValueError, RecursionError) as error:
        raise ModelUnavailableError(MODEL_DAMAGED, f"{POINTER_KEY}: {error}") from error


def read_model(client: S3Client, bucket: str, pointer: ModelPointer) -> Model:
    """The artifact the pointer names; :class:`ModelUnavailableError` says what is wrong."""
    try:
        with translated("the model bucket"):
            data = client.get_object(Bucket=bucket, Key=pointer.key)["Body"].read()
    except ClientError as error:
        raise _unavailable(error, pointer.key) from error
    except RetryLaterError as error:
        raise ModelUnavailableError(MODEL_UNREACHABLE, error.message) from error
    if len(data) != pointer.bytes:
        message = f"{pointer.key} has {len(data)} bytes, the pointer says {pointer.bytes}"
        raise ModelUnavailableError(MODEL_DAMAGED, message)
    try:
        return from_bytes(data, pointer.sha256)
    except DamagedArtifactError as error:
        raise ModelUnavailableError(MODEL_DAMAGED, f"{pointer.key}: {error}") from error


def _unavailable(error: ClientError, key: str) -> ModelUnavailableError:
    # Without the right to list a bucket, S3 answers AccessDenied for what isn't there.
    absent = code_of(error) in {"NoSuchKey", "404", "AccessDenied", "NoSuchBucket"}
    reason = MODEL_MISSING if absent else MODEL_UNREACHABLE
    return ModelUnavailableError(reason, f"{key}: {code_of(error)}")
