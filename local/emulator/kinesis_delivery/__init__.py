"""Kinesis to Lambda, delivered as AWS does.

AWS: each shard is read by ``ParallelizationFactor`` lanes, each in the order of its keys; a batch
waits for its window; a failed one is halved, retried, and given up to the on-failure destination
after so many attempts or at such an age; a partial-batch response keeps what succeeded.
Upstream: one mapping after the other in one thread; no window, halving, attempts, destination or
partial responses (what such a response names is lost); no enhanced fan-out consumer as source.
"""

from local.emulator.kinesis_delivery.reader import close

__all__ = ["close"]
