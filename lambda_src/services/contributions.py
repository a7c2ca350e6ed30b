"""What events add to windows, in parts that are counted whole or not at all.

A window is a table of rows, a row some measures that only ever grow by addition; so shards add
to it in any order. What keeps a contribution from adding twice is its marker, which is written in
the same transaction.

A row is one item, which takes the transactions of all shards one after the other: a title that
everybody watches would hold them all up. So a row is striped, each shard writes one of its
stripes, and readers add them up.
"""

from __future__ import annotations

import hashlib
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from schemas.envelope import Envelope

HOUR_SECONDS = 3600
WINDOW_LIFETIME_SECONDS = 48 * HOUR_SECONDS
# Longer than a stream can keep a record (a week), so that no replay counts twice.
MARKER_LIFETIME_SECONDS = 8 * 24 * HOUR_SECONDS
# The most that a transaction of DynamoDB has: a marker for each event, and the rows of all.
ACTIONS_PER_TRANSACTION = 100
# More let more shards write a hit at once, and have every reader read more items.
STRIPES = 4
_STRIPE = "#"  # no name of a row has it

Row = tuple[str, str, int]  # window, the row's name in it, when the window expires


@dataclass(frozen=True, slots=True)
class Addition:
    """``measures`` added to a row of a window."""

    window: str
    row: str
    expires_at: int
    measures: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Contribution:
    """What is added together and once, guarded by its ``marker``."""

    marker: str
    marker_expires_at: int
    additions: Sequence[Addition]


class WindowCounts(Protocol):
    """The writing side of the windows' table."""

    def add(self, contributions: Sequence[Contribution]) -> Sequence[Contribution]:
        """Adds those whose marker is new, all or none at once; which they were.

        To be called with no more than :func:`transactions` puts together.
        """


def window_expiry(at: float) -> int:
    """When the window of the hour of ``at`` is gone, Unix seconds."""
    return int((at // HOUR_SECONDS + 1) * HOUR_SECONDS + WINDOW_LIFETIME_SECONDS)


def is_too_late(envelope: Envelope, now: float) -> bool:
    """Whether the event's window is gone. It is in the lake, and counts there."""
    return window_expiry(envelope.occurred_at) <= now


def contribution(
    who: str, once: str, additions: Iterable[Addition], *, shard: str, now: float
) -> Contribution:
    """``additions`` of a profile or an account, which count once for what ``once`` names."""
    stripe = f"{_STRIPE}{zlib.crc32(shard.encode()) % STRIPES}"
    return Contribution(
        marker=marker_of(who, once),
        marker_expires_at=int(now) + MARKER_LIFETIME_SECONDS,
        additions=[replace(addition, row=addition.row + stripe) for addition in additions],
    )


def marker_of(who: str, once: str) -> str:
    """A marker. Clients make the ids of events, so one profile's must not hide another's."""
    return f"event#{hashlib.sha256(f'{who}/{once}'.encode()).hexdigest()[:40]}"


def unstriped(row: str) -> str:
    """The name of the row of which it is a stripe."""
    return row.partition(_STRIPE)[0]


def totals(contributions: Iterable[Contribution]) -> dict[Row, dict[str, float]]:
    """What they add up to, by row."""
    found: dict[Row, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for each in contributions:
        for addition in each.additions:
            row = found[addition.window, addition.row, addition.expires_at]
            for measure, value in addition.measures.items():
                row[measure] += value
    return {row: dict(measures) for row, measures in found.items()}


Placed = tuple[int, Contribution]  # the place of its record in the batch


def transactions(counted: Iterable[Placed]) -> Iterator[list[Placed]]:
    """The contributions, in order, as many together as a transaction takes."""
    part: list[Placed] = []
    rows: set[Row] = set()
    for place, each in counted:
        added = {(one.window, one.row, one.expires_at) for one in each.additions}
        if part and len(part) + 1 + len(rows | added) > ACTIONS_PER_TRANSACTION:
            yield part
            part, rows = [], set()
        part.append((place, each))
        rows |= added
    if part:
        yield part
