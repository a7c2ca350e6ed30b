"""When an event happened, by a client's clock that may be wrong and by ours that is not.

No time is refused. A clock is corrected as far as it can be known to be wrong, and what it
said stays in the event. The offset between sending and receipt corrects all of a batch alike
(Snowplow's ``derived_tstamp``), so that events keep their order; what still lies outside of
``received_at - OLDEST_SECONDS`` to ``received_at`` happened at receipt as far as anybody knows.
"""

from __future__ import annotations

from typing import Literal

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
    if sent_at is not None and not 0 <= received_at - sent_at <= SLOWEST_REQUEST_SECONDS:
        said, clock = round(received_at - (sent_at - said), 3), "offset"
    if said > received_at:
        return received_at, "future"
    if said < received_at - OLDEST_SECONDS:
        return received_at, "unset"
    return said, clock
