"""Events as a streaming service sees them, for measuring: mostly progress, of many viewers."""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from typing import Any

from schemas.envelope import sealed
from schemas.events import parse_event

TITLES = 3_000
# What a minute of watching sends most of, then what viewers do once an evening.
KINDS = ("progress",) * 6 + ("complete", "rate", "click", "impression")
# What windows count, and nothing else.
COUNTED = ("play", "complete", "playback_quality", "playback_quality")


def raw_event(rng: random.Random, now: float, kinds: Sequence[str] = KINDS) -> dict[str, Any]:
    """One event as a client sends it."""
    kind = rng.choice(kinds)
    event: dict[str, Any] = {
        "event_id": uuid.UUID(int=rng.getrandbits(128)).hex,
        "type": kind,
        "title_id": f"mq-{rng.randrange(TITLES):04}",
        "occurred_at": round(now - 100 * rng.random(), 3),
    }
    if kind == "progress":
        event |= {"position_seconds": round(5000 * rng.random(), 1), "duration_seconds": 6000.0}
    if kind == "rate":
        event["rating"] = 4.0
    if kind == "impression":
        event |= {"row_id": "top_picks", "position": 3, "model_version": "v1", "propensity": 0.25}
    if kind == "playback_quality":
        event |= {"session_id": f"session-{rng.randrange(10**9)}", "playing_ms": 60_000}
        event |= {"startup_ms": rng.randrange(100, 9000), "network": "wifi"}
    return event


def sealed_event(
    rng: random.Random, asker: tuple[str, str], now: float, kinds: Sequence[str] = KINDS
) -> bytes:
    """One record of the stream."""
    event = parse_event(raw_event(rng, now, kinds))
    if isinstance(event, list):
        raise ValueError(f"not an event: {event}")
    account, profile = asker
    return sealed(
        event,
        account_id=account,
        profile_id=profile,
        received_at=now,
        country="DE",
        maturity_ceiling=18,
    ).to_json()
