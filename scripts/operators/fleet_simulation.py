"""A day of the streaming fleet, ten seconds at a time: its scaling policies against a demand.

Pure. What Auto Scaling does is modelled after its documentation: a target-tracking policy adds
nodes when its metric was above the target in three one-minute samples, and takes them away when
it was ten per cent below in fifteen; nodes that warm up count neither in the metric nor as a
reason to add more; of several policies the one that wants the most nodes decides. A forecast
adds what the usual day needs, hour by hour, ten minutes ahead.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import deque
from dataclasses import dataclass

STEP = 10  # seconds
DAY = 24 * 3600
ADD_AFTER, REMOVE_AFTER = 3, 15  # samples of a minute
REMOVE_BELOW = 0.9  # of the target
MOST_REMOVED = 0.1  # of the fleet at once
AHEAD = 600  # seconds by which the forecast's nodes are early


@dataclass(frozen=True, kw_only=True)
class Demand:
    """What viewers ask of the fleet (CloudFront's misses), and what goes wrong that day."""

    evening_gbps: float = 60.0
    night_gbps: float = 9.0
    segment_mb: float = 1.2
    premiere_at: int = 20 * 3600
    premiere_times: float = 1.8  # of the evening
    premiere_rise: int = 240  # seconds
    premiere_fall: int = 2400
    zone_lost_at: int = 21 * 3600 + 1800
    zones: int = 3

    def usual(self, at: float) -> float:
        """Gbit/s of an ordinary day: lowest at five, highest at nine in the evening."""
        hour = at / 3600
        evening = math.exp(-(((hour - 21) % 24 if hour < 9 else hour - 21) ** 2) / 18)
        noon = 0.35 * math.exp(-((hour - 13) ** 2) / 12)
        return self.night_gbps + (self.evening_gbps - self.night_gbps) * min(1.0, evening + noon)

    def asked(self, at: float) -> float:
        """Gbit/s of this day, the premiere in it."""
        since = at - self.premiere_at
        if since < 0:
            return self.usual(at)
        peak = (self.premiere_times - 1) * self.evening_gbps
        rising = min(1.0, since / self.premiere_rise)
        falling = math.exp(-max(0.0, since - self.premiere_rise) / self.premiere_fall)
        return self.usual(at) + peak * rising * falling

    def requests_per_minute(self, gbps: float) -> float:
        """Requests that make up so many Gbit/s."""
        return gbps * 1e9 / 8 / (self.segment_mb * 1e6) * 60


@dataclass(frozen=True, kw_only=True)
class Policy:
    """The settings under trial. Targets are per node and minute; prices are dollars an hour."""

    minimum: int
    maximum: int
    requests_per_target: float | None
    bytes_out_per_target: float | None
    forecast: bool
    node_gbps: float = 6.25
    boot_seconds: int = 60  # until a node serves
    warm_up_seconds: int = 180  # until it counts
    on_demand_base: int = 0
    on_demand_percent: int = 100
    # By hand, November 2026: im4gn.xlarge in us-east-1, and a guess at Spot. Both are options of
    # the command; `aws ec2 describe-spot-price-history` knows the second.
    on_demand_price: float = 0.36384
    spot_price: float = 0.15


@dataclass(frozen=True)
class Moment:
    """One step: Gbit/s asked for and dropped, nodes that serve and nodes that are paid for."""

    at: int
    asked: float
    dropped: float
    serving: int
    paid: int


@dataclass(frozen=True)
class Outcome:
    """The whole day."""

    moments: tuple[Moment, ...]
    dollars: float
    node_gbps: float

    @property
    def dropped_percent(self) -> float:
        """Of the bytes asked for over the day."""
        asked = sum(moment.asked for moment in self.moments)
        return 100 * sum(moment.dropped for moment in self.moments) / asked

    @property
    def minutes_short(self) -> float:
        """Minutes in which something was dropped."""
        return sum(moment.dropped > 0 for moment in self.moments) * STEP / 60

    @property
    def peak_nodes(self) -> int:
        """The most nodes that were paid for at once."""
        return max(moment.paid for moment in self.moments)

    @property
    def utilisation_percent(self) -> float:
        """Of the network of the nodes that served, over the day."""
        sent = sum(moment.asked - moment.dropped for moment in self.moments)
        return 100 * sent / (sum(moment.serving for moment in self.moments) * self.node_gbps)


class Fleet:
    """The nodes, each known by the moment it was started."""

    def __init__(self, policy: Policy, demand: Demand) -> None:
        self._policy, self._demand = policy, demand
        self._started = [-DAY] * policy.minimum
        self._high: deque[bool] = deque(maxlen=ADD_AFTER)
        self._low: deque[bool] = deque(maxlen=REMOVE_AFTER)

    def serving(self, at: int) -> int:
        """Nodes that answer."""
        return self._older_than(self._policy.boot_seconds, at)

    def paid(self) -> int:
        """Nodes that cost something."""
        return len(self._started)

    def lose_a_zone(self, zones: int) -> int:
        """One node in so many is gone at once; how many."""
        lost = len(self._started) // zones
        self._started = self._started[lost:]
        return lost

    def want(self, count: int, at: int) -> None:
        """Start or end nodes until there are `count`, within the limits."""
        count = max(self._policy.minimum, min(self._policy.maximum, count))
        missing = count - len(self._started)
        if missing > 0:
            self._started += [at] * missing
        elif missing < 0:
            self._started = self._started[:count]

    def settle(self, asked: float) -> None:
        """Begin the day as the day before ended: with what its demand needs."""
        self._started = [-DAY] * self._policy.maximum
        self.want(max(math.ceil(total / target) for total, target in self._targets(asked)), -DAY)

    def track(self, asked: float, at: int) -> None:
        """What the target-tracking policies make of one minute; never less than the forecast."""
        counted = max(1, self._older_than(self._policy.warm_up_seconds, at))
        wanted, pressures = [], []
        for total, target in self._targets(asked):
            wanted.append(math.ceil(total / target))
            pressures.append(total / counted / target)
        self._high.append(max(pressures) > 1)
        self._low.append(max(pressures) < REMOVE_BELOW)
        most = max(*wanted, self.foresee(at))
        if len(self._high) == ADD_AFTER and all(self._high) and most > len(self._started):
            self.want(most, at)
        elif len(self._low) == REMOVE_AFTER and all(self._low) and most < len(self._started):
            step = max(1, math.floor(MOST_REMOVED * len(self._started)))
            self.want(max(most, len(self._started) - step), at)
            self._low.clear()

    def foresee(self, at: int) -> int:
        """The nodes that the forecast holds for the hour that begins within ten minutes."""
        policy, demand = self._policy, self._demand
        if not policy.forecast or policy.requests_per_target is None:
            return 0
        hour = (at + AHEAD) // 3600 * 3600
        most = max(demand.usual(moment % DAY) for moment in range(hour, hour + 3600, 300))
        return math.ceil(demand.requests_per_minute(most) / policy.requests_per_target)

    def _older_than(self, seconds: int, at: int) -> int:
        return bisect_right(self._started, at - seconds)  # started in this order

    def _targets(self, asked: float) -> list[tuple[float, float]]:
        policy = self._policy
        # A fleet can't send more than its networks let it: the metric ends there, too.
        sent = min(asked, len(self._started) * policy.node_gbps)
        found = []
        if policy.requests_per_target is not None:
            found.append((self._demand.requests_per_minute(asked), policy.requests_per_target))
        if policy.bytes_out_per_target is not None:
            found.append((sent * 1e9 / 8 * 60, policy.bytes_out_per_target))
        return found


def simulate(policy: Policy, demand: Demand) -> Outcome:
    """The day under `policy`."""
    fleet, moments, dollars = Fleet(policy, demand), [], 0.0
    fleet.settle(demand.asked(0))
    asked_before = demand.asked(0)
    for at in range(0, DAY, STEP):
        if at == demand.zone_lost_at:
            lost = fleet.lose_a_zone(demand.zones)
            fleet.want(fleet.paid() + lost, at)  # the group replaces them in the other zones
        if at % 60 == 0:
            fleet.track(asked_before, at)  # CloudWatch knows a minute when it is over
            floor = fleet.foresee(at)
            if floor > fleet.paid():
                fleet.want(floor, at)
            asked_before = demand.asked(at)
        asked, serving = demand.asked(at), fleet.serving(at)
        dropped = max(0.0, asked - serving * policy.node_gbps)
        moments.append(Moment(at, asked, dropped, serving, fleet.paid()))
        dollars += _dollars_an_hour(policy, fleet.paid()) * STEP / 3600
    return Outcome(tuple(moments), dollars, policy.node_gbps)


def _dollars_an_hour(policy: Policy, nodes: int) -> float:
    base = min(nodes, policy.on_demand_base)
    on_demand = base + (nodes - base) * policy.on_demand_percent / 100
    return on_demand * policy.on_demand_price + (nodes - on_demand) * policy.spot_price
