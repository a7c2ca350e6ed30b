"""The served model: the pointer in S3 says which artifact, and it stays in memory while it holds.

The loading rule: the pointer is read again at most every ``refresh_seconds``, and only its
change makes us load an artifact, whose digest must be the pointer's. What fails leaves the
last good model in place and is counted; without a good model the reason is the answer's
``fallback``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from adapters.published_models import MODEL_MISSING, read_model, read_pointer
from schemas.errors import ModelUnavailableError
from services.ports import Counter, ServedModel

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

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
