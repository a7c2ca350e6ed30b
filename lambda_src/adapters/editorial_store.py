"""The editors' rules in S3: one document beside the model's pointer, kept in memory a while.

It is read again at most every ``refresh_seconds``. No document is no rules. One that cannot be
read, or that S3 does not answer with, leaves the last good rules in place, is counted and told
to the operator.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from adapters.faults import code_of, translated
from recommender.editorial import NO_RULES, EditorialRules
from schemas.editorial import EDITORIAL_KEY, EditorialDocument
from schemas.errors import InvalidRequestError, RetryLaterError
from services.ports import Counter

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DAMAGED, UNREACHABLE = "damaged", "unreachable"
# Without the right to list a bucket, S3 answers AccessDenied for what isn't there.
_ABSENT = frozenset({"NoSuchKey", "404", "AccessDenied", "NoSuchBucket"})
_UNCHANGED = frozenset({"304", "NotModified"})


@dataclass(slots=True)
class _Memory:
    rules: EditorialRules = NO_RULES
    checked_at: float = float("-inf")
    etag: str | None = None


@dataclass(frozen=True)
class EditorialStore:
    """A :class:`services.ports.EditorialSource`, to be shared by all requests of a function."""

    client: S3Client
    bucket: str
    count: Counter
    warn: Callable[[str], object]
    refresh_seconds: float = 5.0
    _memory: _Memory = field(default_factory=_Memory)

    def current(self, now: float) -> EditorialRules:
        """The latest good rules, none where there never were any."""
        memory = self._memory
        if now - memory.checked_at >= self.refresh_seconds:
            memory.checked_at = now
            try:
                self._refresh()
            except InvalidRequestError as error:
                self._failed(DAMAGED, error.message)
            except RetryLaterError as error:
                self._failed(UNREACHABLE, error.message)
        return memory.rules

    def _refresh(self) -> None:
        memory = self._memory
        condition = {"IfNoneMatch": memory.etag} if memory.etag else {}
        try:
            with translated("the model bucket"):
                answer = self.client.get_object(
                    Bucket=self.bucket,
                    Key=EDITORIAL_KEY,
                    **condition,  # type: ignore[arg-type]
                )
                body = answer["Body"].read()
        except ClientError as error:
            if code_of(error) in _UNCHANGED:
                return
            if code_of(error) not in _ABSENT:
                raise RetryLaterError(code_of(error)) from error
            memory.rules, memory.etag = NO_RULES, None
            return
        # A damaged document is read, counted and told of once, until it changes.
        memory.etag = answer["ETag"]
        memory.rules = EditorialDocument.parse(body).rules()

    def _failed(self, reason: str, message: str) -> None:
        self.count("EditorialRulesFailed", reason=reason)
        self.warn(f"{EDITORIAL_KEY}: {message}")
