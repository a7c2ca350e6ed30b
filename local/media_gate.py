"""Checks the media's signed cookies as CloudFront does, for the nginx in CloudFront's place.

nginx can't verify RSA by itself; it asks here before every answer below ``/media/``.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1

COOKIES = ("CloudFront-Policy", "CloudFront-Signature", "CloudFront-Key-Pair-Id")
_FROM_COOKIES = bytes.maketrans(b"-_~", b"+=/")


class RefusedError(Exception):
    """The cookies don't open the address; the message says why."""


@dataclass(frozen=True, kw_only=True)
class CookieCheck:
    """The key group's public keys by id, and the domain that the policies are signed for."""

    keys: Mapping[str, RSAPublicKey]
    domain: str
    now: Callable[[], float] = time.time

    def check(self, path: str, cookies: str) -> None:
        """:class:`RefusedError` unless the ``Cookie`` header opens ``path``."""
        policy, signature, key_id = _cookies(cookies)
        key = self.keys.get(key_id)
        if key is None:
            raise RefusedError(f"key {key_id!r} is not in the key group")
        try:
            key.verify(signature, policy, PKCS1v15(), SHA1())  # noqa: S303 - CloudFront's own
        except InvalidSignature:
            raise RefusedError("the signature is not the policy's") from None
        self._allows(policy, f"https://{self.domain}{path}")

    def _allows(self, policy: bytes, url: str) -> None:
        try:
            (statement,) = json.loads(policy)["Statement"]
            resource, conditions = statement["Resource"], dict(statement["Condition"])
            ends = float(conditions.pop("DateLessThan")["AWS:EpochTime"])
            begins = float(conditions.pop("DateGreaterThan", {"AWS:EpochTime": 0})["AWS:EpochTime"])
        except (ValueError, KeyError, TypeError) as error:
            raise RefusedError(f"the policy is not one of CloudFront's: {error!r}") from None
        if conditions:
            raise RefusedError(f"conditions that are not checked here: {sorted(conditions)}")
        if not begins < self.now() < ends:
            raise RefusedError("the policy is not valid now")
        if not _wildcard(resource).fullmatch(url):
            raise RefusedError(f"the policy is for {resource}, not for {url}")


def _cookies(header: str) -> tuple[bytes, bytes, str]:
    """Policy, signature and key id; :class:`RefusedError` names what is missing or damaged."""
    try:
        jar = SimpleCookie(header)
    except CookieError:
        raise RefusedError("the cookies can't be read") from None
    missing = [name for name in COOKIES if name not in jar]
    if missing:
        raise RefusedError(f"no {', '.join(missing)}")
    policy, signature, key_id = (jar[name].value for name in COOKIES)
    return _decoded(policy), _decoded(signature), key_id


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value.encode("ascii").translate(_FROM_COOKIES), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise RefusedError("a cookie is not in CloudFront's base64") from None


def _wildcard(resource: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(sign, re.escape(sign)) for sign in resource), re.DOTALL)


class MediaGate:
    """Answers nginx's ``auth_request``: 204 where the cookies open the address, else 401.

    Not 403, which is the origin's own refusal and makes the edge ask the other origin.
    """

    def __init__(self, check: CookieCheck) -> None:
        """Listens on a free port of 127.0.0.1 from :meth:`start` to :meth:`stop`."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(check))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def address(self) -> str:
        """``host:port``."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        """Begins to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Ends; requests under way are cut."""
        self._server.shutdown()
        self._server.server_close()


def _handler(check: CookieCheck) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # nginx keeps its connections
        timeout = 60

        def do_GET(self) -> None:  # noqa: N802 - the name is the library's
            try:
                check.check(self.headers["X-Media-Path"], self.headers.get("Cookie", ""))
            except RefusedError as error:
                self._answer(401, str(error))
            else:
                self._answer(204)

        def _answer(self, status: int, reason: str = "") -> None:
            self.send_response(status)
            # One line of plain text, whatever a policy held.
            self.send_header("X-Reason", reason.encode("ascii", "replace").decode()[:200])
            if status != 204:
                self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:  # noqa: ANN401
            """Refusals are nginx's to log."""

    return Handler
