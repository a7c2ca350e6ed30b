"""Whether a request came through CloudFront, whose firewall and whose word on the country count."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import cache
from typing import Any

from adapters import clients
from adapters.edge_words import EdgeCheck, EdgeWords
from adapters.observability import count
from adapters.settings import EdgeSettings, load
from schemas.edge import EDGE_HEADER
from schemas.errors import Detail, NotThroughEdgeError


@cache
def check() -> EdgeCheck:
    """The check, wired to the secret; its words are kept as long as the function's process."""
    settings = load(EdgeSettings)
    words = EdgeWords(clients.secretsmanager(), settings.edge_secret_arn)
    return EdgeCheck(words.read, time.monotonic)


def require(event: Mapping[str, Any]) -> None:
    """:class:`NotThroughEdgeError` unless CloudFront passed ``event`` on."""
    if not check().knows(_header(event, EDGE_HEADER)):
        count("NotThroughEdge")
        raise NotThroughEdgeError(
            "the API is reached through the platform's own domain alone",
            details=[Detail(EDGE_HEADER, "is not what the edge says")],
        )


def country(event: Mapping[str, Any]) -> str | None:
    """Where the viewer is, as CloudFront says it; only of an event that was let in."""
    said = _header(event, "cloudfront-viewer-country").upper()
    return said if len(said) == 2 and said.isascii() and said.isalpha() else None


def _header(event: Mapping[str, Any], wanted: str) -> str:
    headers: Mapping[str, str] = event.get("headers") or {}
    return next((value for name, value in headers.items() if name.lower() == wanted), "")
