"""Waiting for what happens seconds later, with a bound."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

WITHIN_SECONDS = 3.0


def eventually(check: Callable[[], Any], *, seconds: float = WITHIN_SECONDS) -> Any:
    """The first true value of ``check``, or its last value when the time is up."""
    deadline = time.monotonic() + seconds
    while not (value := check()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return value


def an_event(kind: str, title_id: str, **more: Any) -> dict[str, Any]:
    now = {"occurred_at": time.time()}
    return {"event_id": uuid.uuid4().hex, "type": kind, "title_id": title_id, **now, **more}


def a_batch(events: list[Any]) -> dict[str, Any]:
    return {"sent_at": time.time(), "events": events}


def ids(answer: dict[str, Any]) -> list[str]:
    return [item["title_id"] for item in answer["items"]]
