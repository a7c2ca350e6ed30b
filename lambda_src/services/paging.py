"""Tokens that say where the next page starts: opaque, checked, good for a day."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re

from schemas.errors import InvalidRequestError
from schemas.fields import TITLE_ID_PATTERN

TOKEN_LIFETIME_SECONDS = 24 * 3600
_DIGEST_BYTES = 8
_LONGEST_TOKEN = 512


def to_token(last_title_id: str, *, now: float) -> str:
    """The token for the page after ``last_title_id``."""
    payload = json.dumps({"after": last_title_id, "at": int(now)}).encode()
    return base64.urlsafe_b64encode(_digest(payload) + payload).decode().rstrip("=")


def from_token(token: str, *, now: float) -> str:
    """The title id in a token; :class:`InvalidRequestError` if it is not one of ours, or old.

    The digest finds damage and no forgery: a token opens nothing that a viewer may not see.
    """
    if len(token) > _LONGEST_TOKEN:
        raise _refused("is not a token of this API")
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        payload = raw[_DIGEST_BYTES:]
        if raw[:_DIGEST_BYTES] != _digest(payload):
            raise ValueError("damaged")
        content = json.loads(payload)
        after, at = str(content["after"]), float(content["at"])
    except (ValueError, TypeError, KeyError, RecursionError, binascii.Error) as error:
        raise _refused("is not a token of this API") from error
    if not re.match(TITLE_ID_PATTERN, after):
        raise _refused("is not a token of this API")
    if now - at > TOKEN_LIFETIME_SECONDS:
        raise _refused("has expired; start again without it")
    return after


def _digest(payload: bytes) -> bytes:
    return hashlib.sha256(b"marquee page token" + payload).digest()[:_DIGEST_BYTES]


def _refused(message: str) -> InvalidRequestError:
    return InvalidRequestError.of("next_token", message)
