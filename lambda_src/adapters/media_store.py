"""Packages and deliveries in S3."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from botocore.exceptions import ClientError

from adapters.faults import code_of, translated
from schemas.errors import NotFoundError
from services.media_ports import DeliveredFile, Transfer

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# The key holds the content's hash, so what is there once never changes.
FOR_GOOD = "public, max-age=31536000, immutable"
_AT_ONCE = 16
_ADDRESS_SECONDS = 900
_ARCHIVES = frozenset({"GLACIER", "DEEP_ARCHIVE"})  # which give no byte until they are asked to
_STORE = "the store"

T = TypeVar("T")


@dataclass(frozen=True)
class S3MediaStore:
    """A :class:`services.media_ports.MediaStore`."""

    client: S3Client
    bucket: str

    def sizes(self, prefix: str) -> Mapping[str, int]:
        """Bytes by key."""
        pages = self.client.get_paginator("list_objects_v2")
        with translated(_STORE):
            return {
                item["Key"]: item["Size"]
                for page in pages.paginate(Bucket=self.bucket, Prefix=prefix)
                for item in page.get("Contents", ())
            }

    def read(self, key: str) -> bytes:
        """An object's bytes."""
        return _read(self.client, self.bucket, key)

    def write(self, key: str, body: bytes, *, content_type: str) -> None:
        """Puts an object."""
        with translated(_STORE):
            self.client.put_object(
                Bucket=self.bucket,
                Key=key,
                Body=body,
                ContentType=content_type,
                CacheControl=FOR_GOOD,
            )

    def take(self, transfers: Sequence[Transfer], *, source: str) -> None:
        """Copies objects without their tags: one that was let go is wanted again."""

        def copy(transfer: Transfer) -> None:
            with translated(_STORE):
                self.client.copy_object(
                    Bucket=self.bucket,
                    Key=transfer.target,
                    CopySource={"Bucket": source, "Key": transfer.source},
                    ContentType=transfer.content_type,
                    CacheControl=FOR_GOOD,
                    MetadataDirective="REPLACE",
                    TaggingDirective="REPLACE",
                )

        all_at_once(copy, transfers)


@dataclass(frozen=True)
class S3IngestStore:
    """A :class:`services.media_ports.IngestStore`."""

    client: S3Client
    bucket: str

    def find(self, key: str) -> DeliveredFile | None:
        """What S3 knows of a file; its checksum names its content however it was uploaded."""
        try:
            with translated(_STORE):
                head = self.client.head_object(Bucket=self.bucket, Key=key, ChecksumMode="ENABLED")
        except ClientError as error:
            if code_of(error) in {"404", "NoSuchKey", "NotFound"}:
                return None
            raise
        size = head["ContentLength"]
        whole = head.get("ChecksumCRC64NVME") if head.get("ChecksumType") == "FULL_OBJECT" else None
        return DeliveredFile(
            size=size,
            fingerprint=f"{size} {whole or head['ETag']}",
            modified_at=head["LastModified"].timestamp(),
            archived=head.get("StorageClass") in _ARCHIVES
            and 'ongoing-request="false"' not in head.get("Restore", ""),
        )

    def read(self, key: str) -> bytes:
        """A file's bytes."""
        return _read(self.client, self.bucket, key)

    def address(self, key: str) -> str:
        """A presigned address."""
        return self.client.generate_presigned_url(
            "get_object", Params={"Bucket": self.bucket, "Key": key}, ExpiresIn=_ADDRESS_SECONDS
        )

    def write_beside(self, key: str, text: str) -> None:
        """Puts a JSON document."""
        with translated(_STORE):
            self.client.put_object(
                Bucket=self.bucket, Key=key, Body=text.encode(), ContentType="application/json"
            )

    def remove(self, key: str) -> None:
        """Deletes a file; S3 doesn't mind where there is none."""
        with translated(_STORE):
            self.client.delete_object(Bucket=self.bucket, Key=key)


def _read(client: S3Client, bucket: str, key: str) -> bytes:
    try:
        with translated(_STORE):
            return client.get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if code_of(error) == "NoSuchKey":
            raise NotFoundError.of("key", key) from error
        raise


def all_at_once(call: Callable[[T], None], things: Iterable[T]) -> None:
    """Many at a time; the first error ends it, since each step may be repeated whole."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in pool.map(call, things):
            pass
