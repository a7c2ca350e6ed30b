"""Records that nobody can apply, through the consumer's handler: kept with the reason, alone."""

from __future__ import annotations

import base64
import json

import pytest

from benchmarks.plane.chaos import Chaos, Fault
from benchmarks.plane.consumer import Mapping, environment, failures_of, record, storage
from benchmarks.plane.memory import MemoryBucket
from handlers import profile_consumer, trending_consumer
from schemas.envelope import sealed
from schemas.events import parse_event
from services.contributions import unstriped

NOW = 1_795_460_400.0
PROFILES = [("a1", "p1"), ("a2", "theirs")]


def good(number, **fields):
    raw = {"event_id": f"event-{number:05}", "type": "complete", "title_id": f"t{number}"} | fields
    return sealed(parse_event(raw), account_id="a1", profile_id="p1", received_at=NOW).to_json()


GOOD = json.loads(good(0))


def changed(**fields):
    return json.dumps(GOOD | fields).encode()


def event(**fields):
    return changed(event={**GOOD["event"], **fields})


def without(name):
    return json.dumps({key: value for key, value in GOOD.items() if key != name}).encode()


# Each with words of the reason that it must be kept with.
POISON = {
    "nothing": (b"", "not JSON"),
    "half an object": (good(0)[:-9], "not JSON"),
    "two objects": (good(0) + good(1), "not JSON"),
    "not an object": (b'["play"]', "must be an object"),
    "null": (b"null", "must be an object"),
    "invalid UTF-8": (good(0).replace(b"t0", b"\xff\xfe"), "not JSON"),
    "a lone surrogate": (good(0).replace(b'"t0"', b'"\\ud800"'), "not JSON"),
    "a zero byte": (good(0).replace(b"t0", b"t\x00"), "not JSON"),
    "gzip": (b"\x1f\x8b\x08\x00" + b"\x07" * 40, "not JSON"),
    "deep nesting": (b'{"schema": ' + b"[" * 200_000, "not JSON"),
    "a huge field": (event(title_id="t" * 900_000), "event.complete.title_id"),
    "a huge number": (event(position_seconds=10**400), "event.complete.position_seconds"),
    "NaN": (changed(received_at=float("nan")), "received_at"),
    "infinity": (event(position_seconds=float("inf")), "event.complete.position_seconds"),
    "an unknown version": (changed(schema=9), "schema: must be one of 1, 2"),
    "no version": (without("schema"), "schema: is required"),
    "a version in words": (changed(schema="two"), "schema: must be one of 1, 2"),
    "an unknown type": (event(type="teleport"), "event.type: must be one of"),
    "a wrong type": (event(title_id=7), "event.complete.title_id: must be a valid string"),
    "a missing field": (without("account_id"), "account_id: is required"),
    "an unknown field": (event(surprise=1), "event.complete.surprise: is not a field here"),
    "a time of another age": (changed(received_at=1e308), "received_at"),
    "a negative position": (event(position_seconds=-1), "event.complete.position_seconds"),
    "a rating without stars": (event(type="rate"), "event.rate.rating: is required"),
    "another account's profile": (changed(profile_id="theirs"), "no profile of this account"),
    "nobody's profile": (changed(profile_id="nobody"), "no profile of this account"),
}


# The windows ask nobody whose profile it is: their consumer counts what ingest has sealed.
OF_ANOTHER = {"another account's profile", "nobody's profile"}


def deliver(payloads, *, bucket, dynamo=None, consumer=profile_consumer):
    dynamo = dynamo or storage(PROFILES)
    mapping = Mapping(consumer=consumer, clock=lambda: NOW)
    with environment(dynamo, bucket, clock=lambda: NOW):
        mapping.deliver([record(n, data, arrived_at=NOW) for n, data in enumerate(payloads)])
    return dynamo, mapping


def titles(dynamo):
    return {title for _, title in dynamo.tables["Viewing"]}


def counted(dynamo):
    return {unstriped(row) for window, row in dynamo.tables["Trending"] if row != "-"}


@pytest.mark.parametrize("kind", [kind for kind in POISON if kind not in OF_ANOTHER])
def test_the_windows_keep_the_same_poison_and_count_its_neighbours(kind):
    data, reason = POISON[kind]
    bucket = MemoryBucket()
    payloads = [good(1), data, good(2)]
    dynamo, mapping = deliver(payloads, bucket=bucket, consumer=trending_consumer)
    assert counted(dynamo) == {"t1", "t2"}
    (kept,) = failures_of(bucket)
    assert (base64.b64decode(kept["data"]), kept["consumer"]) == (data, "trending")
    assert reason in kept["reason"]
    assert (mapping.invocations, mapping.given_up) == (1, [])


@pytest.mark.parametrize("kind", POISON)
def test_poison_is_kept_with_its_reason_and_its_neighbours_are_applied(kind):
    data, reason = POISON[kind]
    bucket = MemoryBucket()
    dynamo, mapping = deliver([good(1), data, good(2)], bucket=bucket)
    assert titles(dynamo) == {"t1", "t2"}
    (kept,) = failures_of(bucket)
    assert base64.b64decode(kept["data"]) == data
    assert reason in kept["reason"]
    assert (kept["consumer"], kept["sequence"], kept["shard"]) == (
        "profile", f"{1:021}", "shardId-000000000000",
    )  # fmt: skip
    assert (mapping.invocations, mapping.given_up) == (1, [])


def test_a_batch_of_every_poison_is_one_invocation_and_loses_no_good_record():
    payloads = []
    for number, (data, _) in enumerate(POISON.values(), start=1):
        payloads += [good(number), data]
    bucket = MemoryBucket()
    dynamo, mapping = deliver(payloads, bucket=bucket)
    assert titles(dynamo) == {f"t{n}" for n in range(1, len(POISON) + 1)}
    assert len(bucket.objects) == len(POISON) >= 20
    assert mapping.invocations == 1


def test_no_reason_repeats_what_the_record_said():
    bucket = MemoryBucket()
    deliver([event(type="secret"), event(surprise="secret"), b'"secret"'], bucket=bucket)
    assert all("secret" not in kept["reason"] for kept in failures_of(bucket))


@pytest.mark.parametrize("away", [Fault.THROTTLE, Fault.LOST, Fault.KILL_AFTER])
def test_a_failure_bucket_away_for_a_while_gets_every_poison_record_once(away):
    bucket = MemoryBucket()
    choices = iter([away] * 60)
    payloads = [good(1), b"{", good(2), b"}", good(3)]
    dynamo, mapping = deliver(payloads, bucket=Chaos(bucket, lambda: next(choices, Fault.NONE)))
    assert titles(dynamo) == {"t1", "t2", "t3"}
    assert [base64.b64decode(kept["data"]) for kept in failures_of(bucket)] == [b"{", b"}"]
    assert mapping.given_up == []
