"""What is published in S3: the pointer, and the artifact that it names."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError, IncompleteReadError
from pydantic import ValidationError

from adapters.faults import code_of, translated
from adapters.mapped_files import mapped
from recommender.artifact import from_bytes
from recommender.errors import DamagedArtifactError
from recommender.model import Model
from schemas.errors import ModelUnavailableError, ModelVerificationError, RetryLaterError
from schemas.models import ModelPointer

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

POINTER_KEY = "models/current.json"
MODEL_MISSING = "model_missing"
MODEL_DAMAGED = "model_damaged"
MODEL_UNREACHABLE = "model_unreachable"


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


def known_pointer(
    client: S3Client, bucket: str, warn: Callable[[str], object]
) -> ModelPointer | None:
    """The pointer, ``None`` where there is none that can be read."""
    try:
        found = read_pointer(client, bucket)
    except ModelUnavailableError as error:
        warn(f"{error.reason}: {error.message}")
        return None
    return found[0] if found else None


def read_incumbent(
    client: S3Client, bucket: str, warn: Callable[[str], object]
) -> tuple[ModelPointer, Model] | None:
    """What serves now, ``None`` where nothing can."""
    pointer = known_pointer(client, bucket, warn)
    if pointer is None:
        return None
    try:
        return pointer, read_model(client, bucket, pointer)
    except ModelUnavailableError as error:
        warn(f"{error.reason}: {error.message}")
        return None


def read_served(client: S3Client, bucket: str) -> tuple[ModelPointer, Model]:
    """The pointer and its model; :class:`ModelVerificationError` where they do not serve."""
    try:
        found = read_pointer(client, bucket)
        if found is None:
            raise ModelVerificationError(f"{POINTER_KEY} is not there")
        return found[0], read_model(client, bucket, found[0])
    except ModelUnavailableError as error:
        raise ModelVerificationError(f"{error.reason}: {error.message}") from error


def read_model(client: S3Client, bucket: str, pointer: ModelPointer) -> Model:
    """The artifact the pointer names; :class:`ModelUnavailableError` says what is wrong."""
    try:
        with translated("the model bucket"):
            data = mapped(client.get_object(Bucket=bucket, Key=pointer.key)["Body"])
    except ClientError as error:
        raise _unavailable(error, pointer.key) from error
    except RetryLaterError as error:
        raise ModelUnavailableError(MODEL_UNREACHABLE, error.message) from error
    except (IncompleteReadError, OSError) as error:
        # The transfer broke off, or the disk has no room for it: worth another try.
        raise ModelUnavailableError(MODEL_UNREACHABLE, f"{pointer.key}: {error}") from error
    if len(data) != pointer.bytes:
        message = f"{pointer.key} has {len(data)} bytes, the pointer says {pointer.bytes}"
        raise ModelUnavailableError(MODEL_DAMAGED, message)
    try:
        return from_bytes(data, pointer.sha256, pointer.catalogue)
    except DamagedArtifactError as error:
        raise ModelUnavailableError(MODEL_DAMAGED, f"{pointer.key}: {error}") from error


def _unavailable(error: ClientError, key: str) -> ModelUnavailableError:
    # Without the right to list a bucket, S3 answers AccessDenied for what isn't there.
    absent = code_of(error) in {"NoSuchKey", "404", "AccessDenied", "NoSuchBucket"}
    reason = MODEL_MISSING if absent else MODEL_UNREACHABLE
    return ModelUnavailableError(reason, f"{key}: {code_of(error)}")
