"""Many events through a consumer that is killed at random, each to be found again by itself.

Every event sets one register of one item to a time of its own: six kinds of event, one item for
every six events. So what is stored is counted to the event, and compared to what was sent.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.plane.chaos import Chaos, Fault
from benchmarks.plane.consumer import Mapping, Record, environment, record, storage
from benchmarks.plane.memory import MemoryBucket, MemoryDynamo
from schemas.envelope import sealed
from schemas.events import parse_event

START = 1_795_460_400.0
TITLES_OF_A_PROFILE = 10
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


def survive(
    events: int, *, seed: int, repeats: float = 0.05, told: Callable[[int], None] = lambda _n: None
) -> Survived:
    """Sends ``events`` in random order, a share of ``repeats`` twice; ``told`` of each batch."""
    rng = random.Random(seed)
    items = math.ceil(events / len(KINDS))
    profiles = [_profile(n) for n in range(math.ceil(items / TITLES_OF_A_PROFILE))]
    dynamo, bucket = storage(profiles), MemoryBucket()
    faults, odds = list(ODDS), list(ODDS.values())
    fault_odds = [1000 - sum(odds), *odds]
    chaos = Chaos(dynamo, lambda: rng.choices([Fault.NONE, *faults], fault_odds)[0])
    mapping = Mapping(clock=lambda: START)
    delivered = 0
    with environment(chaos, bucket, clock=lambda: START):
        for batch in _batches(events, rng, repeats, mapping.batch_size):
            mapping.deliver(batch)
            delivered += len(batch)
            told(len(batch))
    found, wrong = _compare(dynamo, events)
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


def _batches(events: int, rng: random.Random, repeats: float, size: int) -> Iterator[list[Record]]:
    order = list(range(events))
    rng.shuffle(order)
    batch: list[Record] = []
    for sequence, number in enumerate(order):
        batch.append(_record(sequence, number))
        if rng.random() < repeats:  # one that came before comes again
            batch.append(_record(events + sequence, order[rng.randrange(sequence + 1)]))
        if len(batch) >= size:
            yield batch
            batch = []
    if batch:
        yield batch


def _record(sequence: int, number: int) -> Record:
    item, kind = divmod(number, len(KINDS))
    name, fields, _ = KINDS[kind]
    account, profile = _profile(item // TITLES_OF_A_PROFILE)
    raw = {"event_id": f"event-{number:09}", "type": name, "title_id": _title(item)} | fields
    event = parse_event(raw | {"occurred_at": _time(number)})
    if isinstance(event, list):
        raise ValueError(f"not an event: {event}")
    data = sealed(
        event, account_id=account, profile_id=profile, received_at=START + 10_000_000
    ).to_json()
    return record(sequence, data, arrived_at=START)


def _compare(dynamo: MemoryDynamo, events: int) -> tuple[int, int]:
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
