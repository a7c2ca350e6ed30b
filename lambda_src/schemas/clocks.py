"""When an event happened, by a client's clock that may be wrong and by ours that is not.

No time is refused. A clock is corrected as far as it can be known to be wrong, and what it
said stays in the event. A request is under way for up to SLOWEST_REQUEST_SECONDS: a clock by
which it was sent within that is believed, any other is moved by the least that makes it so.
That is one offset for all of a batch, and no jump anywhere: two sendings of an event are no
further apart than their travel times, so a batch keeps its order, and so do two of them. What
still lies outside of ``received_at - OLDEST_SECONDS`` to ``received_at`` happened at receipt as
far as anybody knows.
"""

from __future__ import annotations

from typing import Literal

from schemas.fields import LATEST_MOMENT

OLDEST_SECONDS = 20 * 366 * 86_400.0
# As long as a request may take. A clock that is ahead shows at once: nothing arrives before
# it is sent.
SLOWEST_REQUEST_SECONDS = 60.0

# As the client said; moved by the offset; after receipt; before OLDEST_SECONDS, which only a
# clock that was never set says; or nothing said.
Clock = Literal["client", "offset", "future", "unset", "none"]


def corrected(
    said: float | None, *, sent_at: float | None, received_at: float
) -> tuple[float, Clock]:
    """When it happened (Unix seconds), and how that was found.

    ``said`` and ``sent_at`` are the client's clock at the event and at the request; a client
    that sends a batch again says ``sent_at`` anew. What our own API says happens at receipt.
    """
    if said is None:
        return received_at, "none"
    clock: Clock = "client"
    said = _seconds(said)
    if sent_at is not None and (offset := _offset(received_at - _seconds(sent_at))):
        said, clock = round(said + offset, 3), "offset"
    if said > received_at:
        return received_at, "future"
    if said < received_at - OLDEST_SECONDS:
        return received_at, "unset"
    return said, clock


def _offset(underway: float) -> float:
    """How far a clock is off at the least by which a request was under way for so long."""
    return underway - min(max(underway, 0.0), SLOWEST_REQUEST_SECONDS)


def _seconds(reading: float) -> float:
    """A reading beyond any year that is one is of a clock in thousandths, or millionths."""
    while abs(reading) > LATEST_MOMENT:
        reading /= 1000
    return reading
