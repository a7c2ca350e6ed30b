"""Many events through a consumer that is killed at random, each to be found again by itself.

For the profile consumer every event sets one register of one item to a time of its own: six kinds
of event, one item for every six events. For the windows' consumer every event is a play, and each
title's sum is known. So what is stored is counted to the event, and compared to what was sent.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from benchmarks.plane.chaos import Chaos, Fault
from benchmarks.plane.consumer import Mapping, Record, environment, record, storage
from benchmarks.plane.memory import MemoryBucket, MemoryDynamo
from handlers import profile_consumer, trending_consumer
from schemas.envelope import sealed
from schemas.events import parse_event
from services.contributions import unstriped
from services.trending import hour_window

START = 1_795_460_400.0
TITLES_OF_A_PROFILE = 10
TITLES, HOURS = 3_000, 3
# Each kind of event, what it says beside its time, and the register that keeps the time.
KINDS: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("progress", {"position_seconds": 60.0}, "position_at"),
    ("complete", {}, "completed_at"),
    ("abandon", {}, "abandoned_at"),
    ("rate", {"rating": 4.0}, "rated_at"),
    ("list_add", {}, "listed_at"),
    ("dismiss", {}, "dismissed_at"),
)
# How often a call goes wrong in each way, of a thousand.
ODDS = {
    Fault.KILL_BEFORE: 10,
    Fault.KILL_AFTER: 10,
    Fault.THROTTLE: 20,
    Fault.PARTLY: 20,
    Fault.LOST: 10,
}


@dataclass(frozen=True)
class Survived:
    """What was sent and what was found; all is well where ``found`` is ``events``."""

    events: int
    delivered: int
    invocations: int
    kills: int
    faults: dict[str, int]
    calls: dict[str, int]
    found: int
    wrong: int
    given_up: int
    set_aside: int

    @property
    def whole(self) -> bool:
        """Whether every event is there once, and nothing else."""
        return self.found == self.events and not (self.wrong or self.given_up or self.set_aside)


@dataclass(frozen=True)
class Path:
    """A consumer; what its event of a number is; how many are found, how many rows are wrong."""

    consumer: ModuleType
    payload: Callable[[int], bytes]
    compare: Callable[[MemoryDynamo, int], tuple[int, int]]


def survive(
    events: int,
    *,
    seed: int,
    repeats: float = 0.05,
    path: str = "profiles",
    told: Callable[[int], None] = lambda _n: None,
) -> Survived:
    """Sends ``events`` in random order, a share of ``repeats`` twice; ``told`` of each batch."""
    rng = random.Random(seed)
    way = PATHS[path]
    items = math.ceil(events / len(KINDS))
    profiles = [_profile(n) for n in range(math.ceil(items / TITLES_OF_A_PROFILE))]
    dynamo, bucket = storage(profiles), MemoryBucket()
    faults, odds = list(ODDS), list(ODDS.values())
    fault_odds = [1000 - sum(odds), *odds]
    chaos = Chaos(dynamo, lambda: rng.choices([Fault.NONE, *faults], fault_odds)[0])
    mapping = Mapping(consumer=way.consumer, clock=lambda: START)
    delivered = 0
    with environment(chaos, bucket, clock=lambda: START):
        for batch in _batches(events, rng, repeats, mapping.batch_size, way.payload):
            mapping.deliver(batch)
            delivered += len(batch)
            told(len(batch))
    found, wrong = way.compare(dynamo, events)
    return Survived(
        events=events,
        delivered=delivered,
        invocations=mapping.invocations,
        kills=mapping.kills,
        faults={fault.value: chaos.seen[fault] for fault in faults},
        calls=dict(dynamo.calls),
        found=found,
        wrong=wrong,
        given_up=len(mapping.given_up),
        set_aside=len(bucket.objects),
    )


def _batches(
    events: int, rng: random.Random, repeats: float, size: int, payload: Callable[[int], bytes]
) -> Iterator[list[Record]]:
    order = list(range(events))
    rng.shuffle(order)
    batch: list[Record] = []
    for sequence, number in enumerate(order):
        batch.append(record(sequence, payload(number), arrived_at=START))
        if rng.random() < repeats:  # one that came before comes again
            again = payload(order[rng.randrange(sequence + 1)])
            batch.append(record(events + sequence, again, arrived_at=START))
        if len(batch) >= size:
            yield batch
            batch = []
    if batch:
        yield batch


def _state_event(number: int) -> bytes:
    item, kind = divmod(number, len(KINDS))
    name, fields, _ = KINDS[kind]
    account, profile = _profile(item // TITLES_OF_A_PROFILE)
    raw = {"event_id": f"event-{number:09}", "type": name, "title_id": _title(item)} | fields
    raw["occurred_at"] = _time(number)
    return _sealed(raw, account, profile, received_at=START + 10_000_000)


def _play(number: int) -> bytes:
    raw = {"event_id": f"event-{number:09}", "type": "play", "title_id": _title(number % TITLES)}
    raw["occurred_at"] = START - 3600 * (number % HOURS)
    viewer = number // TITLES_OF_A_PROFILE
    return _sealed(raw, f"account-{viewer}", f"profile-{viewer}", received_at=START)


def _sealed(raw: dict[str, Any], account: str, profile: str, *, received_at: float) -> bytes:
    event = parse_event(raw)
    if isinstance(event, list):
        raise ValueError(f"not an event: {event}")
    return sealed(event, account_id=account, profile_id=profile, received_at=received_at).to_json()


def _compare_windows(dynamo: MemoryDynamo, events: int) -> tuple[int, int]:
    """How many plays the windows hold, and how many of their rows are not what was sent."""
    sent = Counter(
        (hour_window(START - 3600 * (number % HOURS)), _title(number % TITLES))
        for number in range(events)
    )
    found: Counter[tuple[str, str]] = Counter()
    for (window, row), raw in dynamo.tables["Trending"].items():
        if "score" in raw:
            found[window, unstriped(row)] += int(float(raw["score"]["N"]))
    return found.total(), sum(sent[key] != found[key] for key in sent.keys() | found.keys())


def _compare_states(dynamo: MemoryDynamo, events: int) -> tuple[int, int]:
    """How many events are in their registers, and how many registers hold anything else."""
    found = wrong = 0
    for (_, title_id), raw in dynamo.tables["Viewing"].items():
        item = int(title_id.removeprefix("t"))
        for kind, (_, _, register) in enumerate(KINDS):
            number = item * len(KINDS) + kind
            if register not in raw:
                continue
            if number < events and float(raw[register]["N"]) == _time(number):
                found += 1
            else:
                wrong += 1
    return found, wrong


def _profile(number: int) -> tuple[str, str]:
    return f"account-{number // 3}", f"profile-{number}"


def _title(item: int) -> str:
    return f"t{item}"


def _time(number: int) -> float:
    return START + number


PATHS = {
    "profiles": Path(profile_consumer, _state_event, _compare_states),
    "windows": Path(trending_consumer, _play, _compare_windows),
}
