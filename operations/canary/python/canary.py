"""What a viewer's browser does first, from outside: the page loads, the API refuses strangers."""

from __future__ import annotations

import os
import urllib.error
import urllib.request

TIMEOUT = 10  # seconds


class UnexpectedAnswerError(Exception):
    """The platform answered, but not as it should."""


def handler(_event: object, _context: object) -> str:
    """Check the distribution named by BASE_URL; an exception fails the canary's run."""
    check(os.environ["BASE_URL"])
    return "page and API answer as they should"


def check(base_url: str) -> None:
    """Raise UnexpectedAnswerError, with what was seen, at the first check that fails."""
    status, body = _get(f"{base_url}/")
    if status != 200 or b"<html" not in body.lower():
        raise UnexpectedAnswerError(f"/ answered {status}: {body[:200]!r}")
    status, body = _get(f"{base_url}/v1/titles")
    if status != 401:
        raise UnexpectedAnswerError(f"/v1/titles without a token answered {status}, not 401")


def _get(url: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
