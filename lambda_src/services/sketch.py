"""Quantiles that add up: counts by bucket, each bucket a twentieth wide.

DDSketch's logarithmic mapping (Masson, Rim, Lee, VLDB 2019): bucket ``i`` holds the values of
``(G**(i-1), G**i]``, and its answer is at most ``ACCURACY`` off, relatively. Two sketches merge
by adding counts, so that it is all the same which shard saw what and in which order. Values are
bounded, so there are at most :data:`BUCKETS` buckets, whatever clients send.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

ACCURACY = 0.05
_GROWTH = (1 + ACCURACY) / (1 - ACCURACY)
SMALLEST, LARGEST = 10.0, 120_000.0


def bucket_of(value: float) -> int:
    """The bucket of a value; what is out of bounds is in the first or the last one."""
    return math.ceil(round(math.log(min(max(value, SMALLEST), LARGEST), _GROWTH), 9))


FIRST, LAST = bucket_of(SMALLEST), bucket_of(LARGEST)
BUCKETS = LAST - FIRST + 1


def quantile(counts: Mapping[int, float], share: float) -> float | None:
    """The value below which ``share`` of all lie; ``None`` where there are none."""
    total = sum(counts.values())
    if not total:
        return None
    rank = share * (total - 1)
    seen = 0.0
    for bucket in sorted(counts):
        seen += counts[bucket]
        if seen > rank:
            return 2 * _GROWTH**bucket / (_GROWTH + 1)
    return 2 * _GROWTH ** max(counts) / (_GROWTH + 1)
