"""Publishing in S3: the artifact under its version, then, last of all, the pointer to it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapters.faults import translated
from adapters.published_models import POINTER_KEY
from schemas.models import ModelPointer

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class ModelPublisher:
    """Writes what :class:`adapters.model_store.ModelStore` reads."""

    client: S3Client
    bucket: str

    def store(
        self,
        artifact: bytes,
        *,
        version: str,
        catalogue: str,
        metrics: dict[str, Any],
        previous: ModelPointer | None,
        now: float,
    ) -> ModelPointer:
        """Stores an artifact of the titles ``catalogue``; the pointer to it, not yet written.

        Storing the same version again changes nothing: what it replaced stays ``previous``.
        """
        key = f"models/{version}/model.bin"
        again = previous is not None and previous.version == version
        self._put(key, artifact, "application/octet-stream")
        self._put(f"models/{version}/metrics.json", _json(metrics), "application/json")
        return ModelPointer(
            version=version,
            key=key,
            sha256=hashlib.sha256(artifact).hexdigest(),
            bytes=len(artifact),
            catalogue=catalogue,
            published_at=now,
            metrics=metrics,
            previous=previous.previous if again and previous else _version(previous),
        )

    def point_to(self, pointer: ModelPointer) -> None:
        """Lets every function serve the pointer's artifact from its next look on."""
        self._put(POINTER_KEY, pointer.model_dump_json().encode(), "application/json")

    def _put(self, key: str, body: bytes, content_type: str) -> None:
        with translated("the model bucket"):
            self.client.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType=content_type)


def _version(pointer: ModelPointer | None) -> str | None:
    return pointer.version if pointer else None


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True).encode()
