"""The windows' consumer against a model: whatever breaks, what is counted is the clean run's."""

from __future__ import annotations

import base64
from collections import defaultdict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.trending_counts import TrendingCountsTable
from adapters.trending_table import TrendingTable
from benchmarks.plane.chaos import Chaos, Fault
from benchmarks.plane.consumer import Mapping, environment, failures_of, record, storage
from benchmarks.plane.memory import MemoryBucket, MemoryDynamo
from handlers import trending_consumer
from schemas.envelope import sealed
from schemas.events import parse_event
from services.contributions import unstriped
from services.sketch import bucket_of
from services.stream import StreamRecord
from services.trending_counts import TrendingUpdates

NOW = 1_795_460_400.0  # 2026-11-23T19:00:00Z
# By moment, the hour and the two hours that it is in; no two are within the same six.
HOURS = {
    NOW: ("2026-11-23T19", "2026-11-23T18"),
    NOW - 3900: ("2026-11-23T17", "2026-11-23T16"),
    NOW - 86_400: ("2026-11-22T19", "2026-11-22T18"),
}
# Where viewers are and what they may see: an account that changes either counts where it was first.
PLACES = {"p2": ("DE", 8), "p3": ("DE", 18)}
ELSEWHERE = (None, 18)
TOO_LATE = NOW - 60 * 3600

kinds = st.one_of(
    st.fixed_dictionaries({"type": st.sampled_from(["play", "complete", "click"])}),
    st.fixed_dictionaries(
        {
            "type": st.just("playback_quality"),
            "session_id": st.just("session-1"),
            "playing_ms": st.integers(0, 3),
            "rebuffer_ms": st.integers(0, 3),
            "failed": st.booleans(),
        },
        optional={"startup_ms": st.sampled_from([90, 900]), "network": st.just("wifi")},
    ),
)
events = st.tuples(
    kinds,
    st.sampled_from([*HOURS, TOO_LATE]),
    st.sampled_from(["p1", "p2", "p3"]),
    st.sampled_from(["t1", "t2"]),
)
runs = st.lists(events, min_size=1, max_size=25)
faults = st.lists(st.sampled_from(list(Fault)), max_size=40)


def payload(number, event):
    fields, at, profile, title = event
    country, ceiling = PLACES.get(profile, ELSEWHERE)
    raw = {"event_id": f"event-{number:05}", "title_id": title, "occurred_at": at} | fields
    return sealed(
        parse_event(raw),
        account_id=f"of-{profile}",
        profile_id=profile,
        received_at=NOW,
        country=country,
        maturity_ceiling=ceiling,
    ).to_json()


def model(run):
    """The measures of every row, counted one event after the other.

    What an account says of a title counts once in six hours, that it failed once in two.
    """
    rows, said = defaultdict(float), set()
    for fields, at, profile, title in run:
        if at == TOO_LATE:
            continue
        hour, two = HOURS[at]
        country, ceiling = PLACES.get(profile, ELSEWHERE)
        if fields["type"] in ("play", "complete"):
            said.add((profile, title, f"hour#{hour}", fields["type"], country, ceiling))
        if fields["type"] == "playback_quality":
            startup = fields.get("startup_ms")
            if fields["failed"]:
                said.add((profile, title, f"failing#{two}", "failed", None, 18))
            for window, name in (
                ("title", title),
                ("country", country or "??"),
                ("network", fields.get("network", "unknown")),
            ):
                row = (f"quality#{window}#{hour}", name)
                rows[*row, "attempts"] += startup is not None or fields["failed"]
                rows[*row, "failures"] += fields["failed"]
                rows[*row, "playing_ms"] += fields["playing_ms"]
                rows[*row, "rebuffer_ms"] += fields["rebuffer_ms"]
                if startup is not None:
                    rows[*row, f"startup_{bucket_of(startup)}"] += 1
    for _, title, window, word, country, ceiling in said:
        scopes = [f"#country#{country}"] * bool(country) + [f"#ceiling#{ceiling}"] * (ceiling < 18)
        for scope in ["", *scopes]:
            rows[window + scope, title, "score"] += 2.0 if word == "complete" else 1.0
    return {key: value for key, value in rows.items() if value}


def counted(dynamo):
    """The same, of the table: stripes added up, markers left out."""
    rows = defaultdict(float)
    for (window, name), raw in dynamo.tables["Trending"].items():
        for measure in raw.keys() - {"window", "title_id", "expires_at"}:
            rows[window, unstriped(name), measure] += float(raw[measure]["N"])
    return dict(rows)


def another_consumer(dynamo, payloads):
    """Counts the payloads at once, as a function would that timed out and still writes."""
    updates = TrendingUpdates(
        trending=TrendingCountsTable(dynamo, "Trending"),
        poison=None,
        count=lambda *_name, **_dimensions: None,
        measure=lambda *_values, **_dimensions: None,
    )
    records = [StreamRecord("rival", str(n), data, NOW) for n, data in enumerate(payloads)]
    assert updates.apply(records, now=NOW).first_failed is None


def deliver(payloads, choices=(), *, batch_size=500, dynamo=None, bucket=None, rivals=(), shards=1):
    """Runs the payloads through the handler, by shard; the storage, the bucket, the mapping."""
    dynamo, bucket = dynamo or storage([]), bucket or MemoryBucket()
    left, theirs = iter(choices), iter(rivals)
    chaos = Chaos(
        dynamo,
        lambda: next(left, Fault.NONE),
        rival=lambda: another_consumer(dynamo, next(theirs, [])),
    )
    mapping = Mapping(consumer=trending_consumer, batch_size=batch_size, clock=lambda: NOW)
    records = [
        record(n, data, arrived_at=NOW, shard=f"shardId-{n % shards:012}")
        for n, data in enumerate(payloads)
    ]
    with environment(chaos, bucket, clock=lambda: NOW):
        for shard in range(shards):
            mapping.deliver(records[shard::shards])
    return dynamo, bucket, mapping


@settings(max_examples=60, deadline=None)
@given(runs)
def test_a_clean_run_counts_what_the_model_says(run):
    dynamo, bucket, mapping = deliver([payload(n, event) for n, event in enumerate(run)])
    assert counted(dynamo) == model(run)
    assert (mapping.given_up, bucket.objects) == ([], {})


@pytest.fixture(params=[1, 8], ids=["one try", "eight tries"])
def tries(request, monkeypatch):
    """How often a transaction is tried: with one, a batch often comes again."""
    monkeypatch.setattr("adapters.trending_counts._ATTEMPTS", request.param)
    # Two or three events a transaction, so that a batch is several of them.
    monkeypatch.setattr("services.contributions.ACTIONS_PER_TRANSACTION", 10)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(runs, faults, st.integers(1, 12), st.integers(1, 3), st.data())
def test_whatever_breaks_the_end_is_that_of_the_clean_run(
    tries, run, choices, batch_size, shards, data
):
    payloads = [payload(n, event) for n, event in enumerate(run)]
    repeats = data.draw(st.lists(st.sampled_from(payloads), max_size=15))
    messy = data.draw(st.permutations(payloads + repeats))
    rivals = data.draw(st.lists(st.lists(st.sampled_from(payloads), min_size=1), max_size=4))
    dynamo, bucket, mapping = deliver(
        messy, choices, batch_size=batch_size, rivals=rivals, shards=shards
    )
    assert counted(dynamo) == model(run)
    assert (mapping.given_up, bucket.objects) == ([], {})


def plays(count):
    return [({"type": "play"}, NOW, f"viewer-{n}", "t1") for n in range(count)]


@pytest.mark.parametrize("fault", [Fault.KILL_BEFORE, Fault.KILL_AFTER, Fault.LOST])
def test_a_consumer_that_ends_at_any_transaction_counts_each_event_once(fault):
    run = plays(400)  # five transactions
    payloads = [payload(n, event) for n, event in enumerate(run)]
    for transaction in range(5):
        choices = [Fault.NONE] * transaction + [fault]
        dynamo, _, mapping = deliver(payloads, choices)
        assert counted(dynamo) == model(run)
        assert mapping.invocations > 1


def test_a_table_away_for_a_while_gets_every_event_when_it_is_back():
    run = plays(120)
    payloads = [payload(n, event) for n, event in enumerate(run)]
    dynamo, bucket, mapping = deliver(payloads, [Fault.THROTTLE] * 500, batch_size=50)
    assert counted(dynamo) == model(run)
    assert (mapping.given_up, bucket.objects) == ([], {})
    assert mapping.invocations > 100


def test_poison_is_kept_and_its_neighbours_count_though_the_table_comes_and_goes():
    good = [payload(n, event) for n, event in enumerate(plays(20))]
    messy = [one for each in good for one in (b"{", each)]
    dynamo, bucket, mapping = deliver(messy, [Fault.THROTTLE, Fault.KILL_AFTER] * 5, batch_size=7)
    assert counted(dynamo) == model(plays(20))
    kept = failures_of(bucket)
    assert [base64.b64decode(each["data"]) for each in kept] == [b"{"] * 20
    assert {each["consumer"] for each in kept} == {"trending"}
    assert mapping.given_up == []


def test_a_batch_of_500_costs_few_round_trips():
    dynamo = storage([])
    deliver([payload(n, event) for n, event in enumerate(plays(500))], dynamo=dynamo)
    assert dynamo.calls == {"transact_write_items": 6}


def test_what_was_counted_is_what_the_home_page_reads():
    dynamo, _, _ = deliver([payload(n, event) for n, event in enumerate(plays(9))], shards=3)
    assert isinstance(dynamo, MemoryDynamo)
    assert TrendingTable(dynamo, "Trending").scores("hour#2026-11-23T19") == {"t1": 9.0}
