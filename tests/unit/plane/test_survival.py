"""The profile consumer ends in the state of the clean run, whatever breaks on the way."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.profiles_table import ProfilesTable
from adapters.viewing_items import state_of
from adapters.viewing_table import ViewingTable
from benchmarks.plane.chaos import Chaos, Fault
from benchmarks.plane.consumer import Mapping, environment, failures_of, record, storage
from benchmarks.plane.memory import MemoryBucket
from recommender.history import SignalKind, TitleState
from schemas.envelope import sealed
from schemas.events import parse_event
from services.profile_updates import ProfileUpdates
from services.stream import StreamRecord

NOW = 1_795_460_400.0
PROFILES = [("a1", "p1"), ("a1", "p2"), ("a2", "p3")]
ACCOUNTS = {profile: account for account, profile in PROFILES}

moments = st.integers(0, 4).map(lambda n: NOW - n)
kinds = st.one_of(
    st.builds(
        lambda at, position: {
            "type": "progress",
            "occurred_at": at,
            "position_seconds": float(position),
            "duration_seconds": 600.0,
        },
        moments,
        st.integers(0, 600),
    ),
    st.builds(
        lambda kind, at: {"type": kind, "occurred_at": at},
        st.sampled_from(
            ["complete", "abandon", "dismiss", "rate_remove", "list_add", "list_remove"]
        ),
        moments,
    ),
    st.builds(
        lambda at, stars: {"type": "rate", "occurred_at": at, "rating": stars / 2},
        moments,
        st.integers(1, 10),
    ),
    st.just({"type": "impression"}),
)
events = st.tuples(kinds, st.sampled_from(list(ACCOUNTS)), st.sampled_from(["t1", "t2", "t3"]))
runs = st.lists(events, min_size=1, max_size=25)
faults = st.lists(st.sampled_from(list(Fault)), max_size=40)


def payload(number, event):
    fields, profile, title = event
    raw = {"event_id": f"event-{number:05}", "title_id": title} | fields
    return sealed(
        parse_event(raw), account_id=ACCOUNTS[profile], profile_id=profile, received_at=NOW
    ).to_json()


def model(run):
    """What should be stored, worked out another way: the last word of each register, by time.

    At equal times the greater value has the last word, a rating taken back being the least.
    """
    states = {}
    for fields, profile, title in run:
        event = parse_event({"event_id": "event-0001", "title_id": title} | fields)
        for signal in event.signals(fields.get("occurred_at", NOW)):
            said = states.setdefault((profile, title), {})
            value = float("-inf") if signal.value is None else signal.value
            word = (signal.occurred_at, value)
            said[signal.kind] = max(said.get(signal.kind, word), word)
            if signal.kind is SignalKind.POSITION:
                said["duration"] = 600.0
    return {key: _state(key[1], said) for key, said in states.items()}


def _state(title, said):
    at = {kind: word[0] for kind, word in said.items() if kind != "duration"}
    position, rate = said.get(SignalKind.POSITION), said.get(SignalKind.RATE)
    return TitleState(
        title_id=title,
        position_seconds=position[1] if position else None,
        position_at=at.get(SignalKind.POSITION),
        duration_seconds=said.get("duration"),
        completed_at=at.get(SignalKind.COMPLETE),
        abandoned_at=at.get(SignalKind.ABANDON),
        rating=rate[1] if rate and rate[1] > 0 else None,
        rated_at=at.get(SignalKind.RATE),
        listed=bool(said.get(SignalKind.LIST, (0, 0))[1]),
        listed_at=at.get(SignalKind.LIST),
        dismissed_at=at.get(SignalKind.DISMISS),
    )


def states(dynamo):
    return {key: state_of(raw) for key, raw in dynamo.tables["Viewing"].items()}


def another_consumer(dynamo, payloads):
    """Merges the payloads at once, as a function would that timed out and still writes."""
    updates = ProfileUpdates(
        profiles=ProfilesTable(dynamo, "Profiles"),
        viewing=ViewingTable(dynamo, "Viewing"),
        poison=None,
        count=lambda *_name, **_dimensions: None,
    )
    records = [StreamRecord("s", str(n), data, NOW) for n, data in enumerate(payloads)]
    assert updates.apply(records, now=NOW).first_failed is None


def deliver(
    payloads, choices=(), *, batch_size=500, dynamo=None, bucket=None, rivals=(), rival=None
):
    """Runs the payloads through the handler; the storage, the bucket, and the mapping."""
    dynamo, bucket = dynamo or storage(PROFILES), bucket or MemoryBucket()
    left, theirs = iter(choices), iter(rivals)
    rival = rival or (lambda: another_consumer(dynamo, next(theirs, [])))
    chaos = Chaos(dynamo, lambda: next(left, Fault.NONE), rival=rival)
    mapping = Mapping(batch_size=batch_size, clock=lambda: NOW)
    records = [record(n, data, arrived_at=NOW) for n, data in enumerate(payloads)]
    with environment(chaos, bucket, clock=lambda: NOW):
        mapping.deliver(records)
    return dynamo, bucket, mapping


@settings(max_examples=60, deadline=None)
@given(runs)
def test_a_clean_run_stores_what_the_model_says(run):
    dynamo, bucket, _ = deliver([payload(n, event) for n, event in enumerate(run)])
    assert states(dynamo) == model(run)
    assert bucket.objects == {}


@pytest.fixture(params=[1, 5], ids=["one try", "five tries"])
def tries(request, monkeypatch):
    """How often a call is tried: with one, a batch often comes again; with five, seldom."""
    monkeypatch.setattr("adapters.statements._ATTEMPTS", request.param)
    monkeypatch.setattr("services.profile_updates._ATTEMPTS", request.param)


# The fixture is the same for every example.
same_fixture = [HealthCheck.function_scoped_fixture]


@settings(max_examples=75, deadline=None, suppress_health_check=same_fixture)
@given(runs, faults, st.integers(1, 12), st.data())
def test_whatever_breaks_the_end_is_that_of_the_clean_run(tries, run, choices, batch_size, data):
    payloads = [payload(n, event) for n, event in enumerate(run)]
    repeats = data.draw(st.lists(st.sampled_from(payloads), max_size=15))
    messy = data.draw(st.permutations(payloads + repeats))
    rivals = data.draw(st.lists(st.lists(st.sampled_from(payloads), min_size=1), max_size=4))
    dynamo, bucket, mapping = deliver(messy, choices, batch_size=batch_size, rivals=rivals)
    assert states(dynamo) == model(run)
    assert (mapping.given_up, bucket.objects) == ([], {})


@settings(max_examples=75, deadline=None, suppress_health_check=same_fixture)
@given(runs, st.data())
def test_a_lost_race_loses_neither_word(tries, run, data):
    """Between reading and writing, another consumer writes a part of the same events."""
    payloads = [payload(n, event) for n, event in enumerate(run)]
    ours = data.draw(st.lists(st.sampled_from(payloads), min_size=1))
    theirs = [one for one in payloads if one not in ours]
    # After the reads of profiles and states comes the write.
    rivals = iter([theirs])
    dynamo, _, _ = deliver(ours, [Fault.NONE, Fault.NONE, Fault.RIVAL], rivals=rivals)
    done = payloads if next(rivals, None) is None else ours
    stored = [event for event, sent in zip(run, payloads, strict=True) if sent in done]
    assert states(dynamo) == model(stored)


def delete_profile(dynamo):
    """Deletes p1, as the API does."""
    viewing = ViewingTable(dynamo, "Viewing")
    viewing.forget("p1", now=NOW)
    dynamo.tables["Profiles"].pop(("a1", "p1"), None)
    viewing.forget("p1", now=NOW)


@settings(max_examples=75, deadline=None, suppress_health_check=same_fixture)
@given(runs, faults, st.integers(1, 12), st.integers(0, 12))
def test_a_profile_deleted_at_any_call_leaves_nothing(tries, run, choices, batch_size, moment):
    choices = [*choices[:moment], Fault.RIVAL, *choices[moment:]]
    dynamo, deleted = storage(PROFILES), []

    def rival():
        deleted.append(delete_profile(dynamo))

    payloads = [payload(n, event) for n, event in enumerate(run)]
    deliver(payloads, choices, batch_size=batch_size, dynamo=dynamo, rival=rival)
    left = [event for event in run if event[1] != "p1"] if deleted else run
    dynamo.tables["Viewing"].pop(("deleted#p1", "-"), None)
    assert states(dynamo) == model(left)


def test_the_model_is_no_copy_of_the_merge():
    run = [
        ({"type": "rate", "occurred_at": NOW - 1, "rating": 4.0}, "p1", "t1"),
        ({"type": "rate_remove", "occurred_at": NOW}, "p1", "t1"),
        ({"type": "list_add", "occurred_at": NOW}, "p1", "t1"),
    ]
    (state,) = model(run).values()
    assert dataclasses.asdict(state) == dataclasses.asdict(TitleState(title_id="t1")) | {
        "rated_at": NOW,
        "listed": True,
        "listed_at": NOW,
    }


def test_a_resume_point_only_moves_by_event_time():
    late = {"type": "pause", "occurred_at": NOW - 60, "position_seconds": 900.0}
    early = {"type": "pause", "occurred_at": NOW - 600, "position_seconds": 1800.0}
    for order in ([late, early], [early, late], [late, early, late, early]):
        payloads = [payload(n, (event, "p1", "t1")) for n, event in enumerate(order)]
        dynamo, _, _ = deliver(payloads, batch_size=1)
        assert states(dynamo)["p1", "t1"].position_seconds == 900.0


def test_a_batch_of_500_costs_few_round_trips():
    many = [("a1", f"p{n}") for n in range(500)]
    payloads = [
        sealed(
            parse_event({"event_id": f"event-{n:05}", "type": "complete", "title_id": "t1"}),
            account_id="a1",
            profile_id=f"p{n}",
            received_at=NOW,
        ).to_json()
        for n in range(500)
    ]
    dynamo = storage(many)
    dynamo.calls.clear()
    deliver(payloads, dynamo=dynamo)
    # 500 profiles and 500 items, 100 a read and 25 a write; eight writes are under way at once.
    # Items that were not there before cost a look at whether their profile is still there.
    assert dynamo.calls == {"batch_get_item": 5 + 5 + 5, "batch_execute_statement": 20}
    dynamo.calls.clear()
    deliver(payloads, dynamo=dynamo)
    assert dynamo.calls == {"batch_get_item": 5 + 5}


def test_one_viewers_500_events_cost_three_round_trips():
    kinds = [{"type": "progress", "position_seconds": float(n)} for n in range(500)]
    dynamo = storage(PROFILES)
    dynamo.calls.clear()
    deliver([payload(n, (kind, "p1", "t1")) for n, kind in enumerate(kinds)], dynamo=dynamo)
    assert dynamo.calls == {"batch_get_item": 3, "batch_execute_statement": 1}
    later = payload(501, ({"type": "complete"}, "p1", "t1"))
    dynamo.calls.clear()
    deliver([later], dynamo=dynamo)
    assert dynamo.calls == {"batch_get_item": 2, "batch_execute_statement": 1}


def test_what_says_nothing_of_a_title_costs_nothing():
    dynamo = storage(PROFILES)
    dynamo.calls.clear()
    deliver([payload(n, ({"type": "click"}, "p1", "t1")) for n in range(500)], dynamo=dynamo)
    assert dynamo.calls == {}


def test_a_table_away_for_a_while_gets_every_event_when_it_is_back():
    run = [({"type": "complete", "occurred_at": NOW}, "p1", f"t{n}") for n in range(1, 4)] * 40
    payloads = [payload(n, event) for n, event in enumerate(run)]
    dynamo, bucket, mapping = deliver(payloads, [Fault.THROTTLE] * 500, batch_size=50)
    assert states(dynamo) == model(run)
    assert (mapping.given_up, failures_of(bucket)) == ([], [])
    assert mapping.invocations > 100
