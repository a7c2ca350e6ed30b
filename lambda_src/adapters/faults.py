"""AWS's errors in our tree: what may pass by itself is to be tried later, all else is a bug."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from schemas.errors import RetryLaterError, ThrottledError

_THROTTLES = frozenset(
    {
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)


@contextmanager
def translated(service: str) -> Iterator[None]:
    """Raises :class:`ThrottledError` or :class:`RetryLaterError` for what may pass by itself.

    Other errors of AWS (no permission, no such table) are a deployment's and go through.
    """
    try:
        yield
    except ClientError as error:
        if is_throttle(error):
            raise ThrottledError(f"{service} is busy; try again") from error
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
            raise RetryLaterError(f"{service} failed; try again") from error
        raise
    except (ConnectionError, HTTPClientError) as error:
        raise RetryLaterError(f"{service} did not answer; try again") from error


def is_throttle(error: ClientError) -> bool:
    """Whether AWS asks us to slow down."""
    return code_of(error) in _THROTTLES


def code_of(error: ClientError) -> str:
    """AWS's code of an error."""
    return error.response.get("Error", {}).get("Code", "")


def back_off(attempt: int, *, base: float = 0.05, most: float = 1.0) -> None:
    """Sleeps before try ``attempt`` + 1 (from 0): exponentially longer, with full jitter."""
    time.sleep(random.uniform(0, min(most, base * 2**attempt)))
