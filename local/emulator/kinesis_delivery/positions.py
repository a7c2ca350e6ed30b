"""How far each lane of each shard has come: the sequence number of the last record done.

Kept in the dictionary that upstream saves with its Lambda state, so a restart goes on from there.
"""

from __future__ import annotations

import hashlib
import threading
from bisect import bisect_right
from collections.abc import MutableMapping
from typing import Any

START = "0"
_PAYLOAD_LIMIT = 6 * 1024 * 1024  # bytes of an invocation's payload
_OVERHEAD = 600  # bytes of an event record beside its data
_lock = threading.Lock()


def lane_of(partition_key: str, lanes: int) -> int:
    """Which lane a key's records take, always the same one."""
    if lanes == 1:
        return 0
    digest = hashlib.md5(partition_key.encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[:8], "big") % lanes


class Positions:
    """The positions of one mapping; ``stored`` is the dictionary to keep them in."""

    def __init__(self, stored: MutableMapping[str, Any]) -> None:
        self._stored = stored

    def anchor(self, shard: str, sequence: str) -> None:
        """Starts a shard after ``sequence``, unless it has been started."""
        with _lock:
            self._stored.setdefault(shard, [sequence])

    def after(self, shard: str, lane: int, lanes: int) -> str:
        """The last record that the lane has done with.

        Where the number of lanes was changed, every lane goes back to the slowest of the old.
        """
        with _lock:
            found = self._stored.setdefault(shard, [START])
            if len(found) != lanes:
                found = self._stored[shard] = [min(found, key=int)] * lanes
            return str(found[lane])

    def advance(self, shard: str, lane: int, lanes: int, sequence: str) -> None:
        """The lane has done with everything up to ``sequence``."""
        with _lock:
            found = self._stored.get(shard)
            if found is not None and len(found) == lanes:
                found[lane] = sequence


def pending(
    records: list[dict[str, Any]], after: str, *, lane: int, lanes: int, at_most: int
) -> list[dict[str, Any]]:
    """The lane's next records of a shard, as many as one invocation can carry."""
    found: list[dict[str, Any]] = []
    size = 0
    start = bisect_right(records, int(after), key=lambda record: int(record["SequenceNumber"]))
    for place in range(start, len(records)):
        record = records[place]
        if lane_of(record["PartitionKey"], lanes) != lane:
            continue
        size += len(record["Data"]) + _OVERHEAD
        if found and size > _PAYLOAD_LIMIT:
            break
        found.append(record)
        if len(found) == at_most:
            break
    return found
