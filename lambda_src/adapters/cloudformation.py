"""Answers to CloudFormation, which waits up to an hour for a custom resource's."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

_ATTEMPTS = 4
_TIMEOUT_SECONDS = 10
_LONGEST_REASON = 1_000


def respond(
    event: Mapping[str, Any],
    *,
    physical_id: str,
    failure: str | None = None,
    data: Mapping[str, str] | None = None,
) -> None:
    """Tells CloudFormation that ``event`` succeeded, or why it failed.

    Raises :class:`urllib.error.URLError` when the answer can't be delivered.
    """
    answer = {
        "Status": "FAILED" if failure else "SUCCESS",
        "Reason": (failure or "")[:_LONGEST_REASON],
        "PhysicalResourceId": physical_id,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": dict(data or {}),
    }
    url = str(event["ResponseURL"])
    if urlsplit(url).scheme not in {"https", "http"}:
        raise ValueError("ResponseURL is not a web address")
    # The address is signed for an empty content type; urllib would set one by itself.
    body = json.dumps(answer).encode()
    request = Request(url, data=body, method="PUT", headers={"Content-Type": ""})
    for attempt in range(_ATTEMPTS):
        try:
            with urlopen(request, timeout=_TIMEOUT_SECONDS):
                return
        except URLError:
            if attempt == _ATTEMPTS - 1:
                raise
            time.sleep(2**attempt)
