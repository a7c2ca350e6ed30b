"""Requests from web pages and foreign names are refused; nothing but the one port is opened.

AWS: every request is signed. Here: none is, so whatever can reach the port can run code. The
port is on the loopback address, but a page in the user's browser reaches that too, by a plain
cross-site request or by a name that it makes resolve to 127.0.0.1.
Upstream: answers any Host and any Origin, allows CORS from anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

from local.emulator import unsupported
from local.emulator.upstream import Module

_NAMES = rb"127\.0\.0\.1|localhost|\[::1\]"
# Besides the loopback names: those that the emulator routes by, always sent by a client that
# was told the real address.
_HOST = re.compile(
    rb"^(?:%b|[a-z0-9.-]+\.(?:127\.0\.0\.1|localhost|amazonaws\.com|cloudfront\.net|on\.aws))"
    rb"(?::\d+)?$" % _NAMES,
    re.IGNORECASE,
)
_READING = re.compile(rb"\.(?:BatchGet|Describe|Get|List|Query|Scan)")
_ORIGIN = re.compile(rb"^https?://(?:%b)(?::\d+)?$" % _NAMES, re.IGNORECASE)


def guarded(
    app: Module, *, on_change: Callable[[], None]
) -> Callable[[Any, Any, Any], Awaitable[None]]:
    """ministack's application behind the guard; ``on_change`` hears of whatever is no reading."""
    app._port_is_bindable = lambda host, port: False  # no second listener, whatever asks for it

    async def application(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        if scope["type"] in ("http", "websocket") and not _may_pass(scope["headers"]):
            await _refuse(scope, send)
            return
        if scope["type"] == "http" and scope["path"] == unsupported.PATH:
            await unsupported.answer(send)
            return
        if scope["type"] == "http" and _may_change(scope):
            on_change()
        await app.app(scope, receive, send)

    return application


def _may_pass(headers: list[tuple[bytes, bytes]]) -> bool:
    hosts = [value for name, value in headers if name == b"host"]
    origins = [value for name, value in headers if name == b"origin"]
    return (
        len(hosts) == 1
        and _HOST.match(hosts[0]) is not None
        and all(_ORIGIN.match(origin) for origin in origins)
    )


def _may_change(scope: Any) -> bool:  # noqa: ANN401 - ASGI
    if scope["method"] in ("GET", "HEAD", "OPTIONS"):
        return False
    targets = [value for name, value in scope["headers"] if name == b"x-amz-target"]
    return not any(_READING.search(target) for target in targets)


async def _refuse(scope: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    headers = [(b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    body = b"This emulator serves its own machine only.\n"
    await send({"type": "http.response.body", "body": body})
