import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.envelope import sealed
from schemas.errors import RetryLaterError
from schemas.events import parse_event
from services.profile_updates import (
    MOST_HOT_ITEMS,
    NOT_OF_THE_ACCOUNT,
    PATIENCE_SECONDS,
    ProfileUpdates,
)
from services.stream import StreamRecord
from tests.unit.services.fakes import (
    NOW,
    FakeCounter,
    FakePoison,
    FakeProfiles,
    FakeViewing,
    a_profile,
    seen,
)

POISON = [b"", b"\xff", b"{}", b"[" * 10_000, b'{"schema": 2}', b"x" * 1_000_000]


def record(number, data):
    return StreamRecord("shardId-000", f"{number:021}", data, NOW)


def an_event(number=1, *, profile_id="p1", **fields):
    raw = {"event_id": f"event-{number:04}", "type": "complete", "title_id": "t1"} | fields
    envelope = sealed(parse_event(raw), account_id="a1", profile_id=profile_id, received_at=NOW)
    return envelope.to_json()


PROFILES = FakeProfiles({("a1", name): a_profile(name) for name in ("p1", "p2")})


def apply(payloads, viewing, poison=None, count=None, *, now=NOW, profiles=PROFILES):
    updates = ProfileUpdates(
        profiles=profiles,
        viewing=viewing,
        poison=poison or FakePoison(),
        count=count or FakeCounter(),
    )
    records = [record(number, data) for number, data in enumerate(payloads)]
    outcome = updates.apply(records, now=now)
    return outcome, outcome.failures(records)


def states(viewing):
    return {key: stored.state for key, stored in viewing.stored.items()}


def test_a_batch_becomes_history():
    viewing = FakeViewing()
    _, failures = apply([an_event(1), an_event(2, type="rate", rating=4)], viewing)
    assert failures == []
    state = viewing.get("p1", "t1").state
    assert (state.completed_at, state.rating) == (NOW, 4)


def test_events_of_one_title_are_one_write():
    viewing = FakeViewing()
    apply([an_event(n, type="progress", position_seconds=n) for n in range(1, 50)], viewing)
    assert viewing.puts == 1


def test_a_repeat_writes_nothing():
    viewing = FakeViewing()
    apply([an_event(1)], viewing)
    apply([an_event(1), an_event(1)], viewing)
    assert viewing.puts == 1


def test_what_says_nothing_of_the_title_writes_nothing():
    viewing = FakeViewing()
    outcome, failures = apply([an_event(1, type="impression")], viewing)
    assert (outcome.stored, viewing.puts, failures) == (1, 0, [])


@pytest.mark.parametrize("bad", POISON, ids=lambda data: data[:12])
def test_poison_is_kept_whole_and_the_rest_goes_on(bad):
    viewing, poison, count = FakeViewing(), FakePoison(), FakeCounter()
    outcome, failures = apply(
        [an_event(1), bad, an_event(2, title_id="t2")], viewing, poison, count
    )
    assert failures == []
    assert {title for _, title in viewing.stored} == {"t1", "t2"}
    consumer, kept, reason = poison.kept[0]
    assert (consumer, kept.data, outcome.poison) == ("profile", bad, 1)
    assert reason
    assert count.seen["PoisonRecords", "profile"] == 1


def test_poison_that_cant_be_kept_comes_again():
    viewing = FakeViewing()
    _, failures = apply(
        [an_event(1), b"{", an_event(2, title_id="t2")], viewing, FakePoison(broken=True)
    )
    assert failures == [{"itemIdentifier": f"{1:021}"}]
    assert {title for _, title in viewing.stored} == {"t1", "t2"}


def test_the_first_record_that_was_not_stored_is_named():
    viewing = FakeViewing(failing={("p1", "t2"), ("p1", "t3")})
    payloads = [an_event(n, title_id=t) for n, t in enumerate(["t1", "t3", "t2", "t1"])]
    _, failures = apply(payloads, viewing)
    assert failures == [{"itemIdentifier": f"{1:021}"}]
    assert {title for _, title in viewing.stored} == {"t1"}


def test_a_table_that_cant_be_read_leaves_the_whole_batch():
    viewing = FakeViewing(fail_reads=1)
    _, failures = apply([an_event(1), an_event(2)], viewing)
    assert failures == [{"itemIdentifier": f"{0:021}"}]


def test_a_table_that_cant_be_read_does_not_bring_kept_poison_back():
    _, failures = apply([b"{", an_event(2)], FakeViewing(fail_reads=1))
    assert failures == [{"itemIdentifier": f"{1:021}"}]


def test_a_lost_race_keeps_both_changes():
    viewing, count = FakeViewing(lose_races=1), FakeCounter()
    _, failures = apply([an_event(1)], viewing, count=count)
    state = viewing.get("p1", "t1").state
    assert (failures, state.completed_at, state.dismissed_at) == ([], NOW, NOW - 1)
    assert count.seen[("VersionConflicts",)] == 1


def test_races_without_end_leave_the_record_for_next_time():
    _, failures = apply([an_event(1)], FakeViewing(lose_races=100))
    assert failures == [{"itemIdentifier": f"{0:021}"}]


def test_a_deleted_profile_stays_deleted():
    viewing, poison = FakeViewing(graves={"p1"}), FakePoison()
    left = FakeProfiles({("a1", "p2"): a_profile("p2")})
    payloads = [an_event(1), an_event(2, profile_id="p2")]
    _, failures = apply(payloads, viewing, poison, profiles=left)
    assert (failures, list(viewing.stored), poison.kept) == ([], [("p2", "t1")], [])


def test_a_profile_deleted_while_its_events_are_being_written_leaves_nothing():
    profiles = FakeProfiles(dict(PROFILES.stored))

    class Deleted(FakeViewing):
        def put_many(self, writes):
            self.forget("p1", now=NOW)
            profiles.remove("a1", "p1")
            return super().put_many(writes)

    viewing = Deleted()
    payloads = [an_event(1), an_event(2, profile_id="p2")]
    assert apply(payloads, viewing, profiles=profiles)[1] == []
    assert list(viewing.stored) == [("p2", "t1")]


def test_a_profile_whose_deletion_broke_off_keeps_all_that_it_does_from_then_on():
    viewing = FakeViewing({("p1", "t0"): seen("t0")}, graves={"p1"})
    for number in range(1, 4):
        assert apply([an_event(number, title_id=f"t{number}")], viewing)[1] == []
    assert list(viewing.stored) == [("p1", f"t{n}") for n in range(4)]


def test_what_an_ended_process_wrote_of_a_deleted_profile_goes_when_the_record_comes_again():
    viewing = FakeViewing({("p1", "t1"): seen("t1", NOW)}, graves={"p1"})
    assert apply([an_event(1)], viewing, profiles=FakeProfiles())[1] == []
    assert viewing.stored == {}


def test_good_records_are_applied_before_poison_is_set_aside():
    viewing = FakeViewing()

    class Hanging(FakePoison):
        def keep(self, consumer, record, reason):
            assert set(viewing.stored) == {("p1", "t1"), ("p1", "t2")}
            super().keep(consumer, record, reason)

    poison = Hanging()
    strange = an_event(3, profile_id="nobody")
    apply([b"{", an_event(1), strange, an_event(2, title_id="t2")], viewing, poison)
    assert len(poison.kept) == 2


def test_a_failure_bucket_that_hangs_is_not_asked_for_every_record():
    class Hanging(FakePoison):
        asked = 0

        def keep(self, *_record):
            self.asked += 1
            raise RetryLaterError("no answer")

    poison = Hanging()
    _, failures = apply([an_event(1), *[b"{"] * 400], FakeViewing(), poison)
    assert failures == [{"itemIdentifier": f"{1:021}"}]
    assert poison.asked <= 16


def test_poison_after_a_record_that_comes_again_is_kept_once_it_is_its_turn():
    viewing, poison = FakeViewing(failing={("p1", "t1")}), FakePoison()
    _, failures = apply([b"{", an_event(1), b"}"], viewing, poison)
    assert failures == [{"itemIdentifier": f"{1:021}"}]
    assert [record.data for _, record, _ in poison.kept] == [b"{"]


def test_an_event_for_another_accounts_profile_is_poison_and_its_neighbours_count():
    viewing, poison, count = FakeViewing(), FakePoison(), FakeCounter()
    theirs = FakeProfiles({("a2", "p1"): a_profile("p1"), ("a1", "p2"): a_profile("p2")})
    payloads = [an_event(1), an_event(2, profile_id="p2")]
    outcome, failures = apply(payloads, viewing, poison, count, profiles=theirs)
    assert (failures, list(viewing.stored), outcome.poison) == ([], [("p2", "t1")], 1)
    ((_, record, reason),) = poison.kept
    assert (record.data, reason) == (payloads[0], NOT_OF_THE_ACCOUNT)
    assert count.seen["PoisonRecords", "profile"] == 1


def test_two_accounts_that_name_one_profile_are_told_apart_within_a_batch():
    viewing, poison = FakeViewing(), FakePoison()
    theirs = sealed(
        parse_event({"event_id": "event-0001", "type": "dismiss", "title_id": "t1"}),
        account_id="a2",
        profile_id="p1",
        received_at=NOW,
    ).to_json()
    apply([theirs, an_event(2), theirs], viewing, poison)
    assert viewing.get("p1", "t1").state.dismissed_at is None
    assert viewing.get("p1", "t1").state.completed_at == NOW
    assert len(poison.kept) == 2


def test_poison_that_cant_be_kept_for_another_account_comes_again():
    poison = FakePoison(broken=True)
    _, failures = apply([an_event(1), an_event(2, profile_id="p3")], FakeViewing(), poison)
    assert failures == [{"itemIdentifier": f"{1:021}"}]


def test_a_hot_item_is_set_aside_in_the_end_and_holds_up_nobody():
    viewing, poison, count = FakeViewing(failing={("p1", "t2")}), FakePoison(), FakeCounter()
    payloads = [an_event(1, title_id="t2")]
    payloads += [an_event(n, title_id=f"other-{n}") for n in range(2, 22)]
    young = FakeViewing(failing=viewing.failing)
    _, failures = apply(payloads, young, poison, count, now=NOW + PATIENCE_SECONDS)
    assert (failures, poison.kept) == ([{"itemIdentifier": f"{0:021}"}], [])
    _, failures = apply(payloads, viewing, poison, count, now=NOW + PATIENCE_SECONDS + 1)
    assert failures == []
    ((_, record, reason),) = poison.kept
    assert record.data == payloads[0]
    assert "refused this title's state for 121 s" in reason
    assert count.seen["PoisonRecords", "profile"] == 1
    assert set(viewing.stored) == {("p1", f"other-{n}") for n in range(2, 22)}


@pytest.mark.parametrize(
    ("refused", "others", "kept"),
    [
        (1, 0, 0),
        (MOST_HOT_ITEMS, 0, 0),
        (1, 19, 0),  # a share of 5 %
        (1, 20, 1),
        (MOST_HOT_ITEMS, 191, MOST_HOT_ITEMS),
        (MOST_HOT_ITEMS + 1, 400, 0),
    ],
)
def test_old_records_wait_for_a_table_that_is_short_of_writes(refused, others, kept):
    failing = {("p1", f"t{n}") for n in range(refused)}
    viewing, poison = FakeViewing(failing=failing), FakePoison()
    payloads = [an_event(n, title_id=f"t{n}") for n in range(refused + others)]
    _, failures = apply(payloads, viewing, poison, now=NOW + 86_400)
    assert len(poison.kept) == kept
    assert failures == ([] if kept else [{"itemIdentifier": f"{0:021}"}])


def test_a_hot_item_is_set_aside_when_its_batch_comes_again_with_all_else_stored():
    viewing, poison = FakeViewing(failing={("p1", "t0")}), FakePoison()
    payloads = [an_event(n, title_id=f"t{n}") for n in range(40)]
    _, failures = apply(payloads, viewing, poison, now=NOW)
    assert (failures, poison.kept) == ([{"itemIdentifier": f"{0:021}"}], [])
    _, failures = apply(payloads, viewing, poison, now=NOW + 86_400)
    assert (failures, len(poison.kept)) == ([], 1)


def test_an_old_record_waits_for_a_table_that_is_away_altogether():
    poison = FakePoison()
    _, failures = apply([an_event(1)], FakeViewing(fail_reads=1), poison, now=NOW + 86_400)
    assert (failures, poison.kept) == ([{"itemIdentifier": f"{0:021}"}], [])


def test_an_empty_batch_is_nothing():
    assert apply([], FakeViewing())[1] == []


moments = st.integers(min_value=0, max_value=5).map(lambda n: NOW - n)
kinds = st.one_of(
    st.builds(
        lambda at, position: {
            "type": "progress",
            "occurred_at": at,
            "position_seconds": position,
            "duration_seconds": 600,
        },
        moments,
        st.integers(0, 600),
    ),
    st.builds(lambda at: {"type": "complete", "occurred_at": at}, moments),
    st.builds(lambda at: {"type": "abandon", "occurred_at": at}, moments),
    st.builds(lambda at: {"type": "dismiss", "occurred_at": at}, moments),
    st.builds(
        lambda at, stars: {"type": "rate", "occurred_at": at, "rating": stars / 2},
        moments,
        st.integers(1, 10),
    ),
    st.builds(lambda at: {"type": "rate_remove", "occurred_at": at}, moments),
    st.builds(lambda at: {"type": "list_add", "occurred_at": at}, moments),
    st.builds(lambda at: {"type": "list_remove", "occurred_at": at}, moments),
)
runs = st.lists(st.tuples(kinds, st.sampled_from(["t1", "t2"])), min_size=1, max_size=12)


@given(runs, st.data())
def test_any_order_and_repetition_gives_the_state_of_the_clean_run(run, data):
    payloads = [an_event(n, title_id=t, **kind) for n, (kind, t) in enumerate(run)]
    clean = FakeViewing()
    apply(payloads, clean)

    repeated = payloads + data.draw(st.lists(st.sampled_from(payloads), max_size=12))
    shuffled = data.draw(st.permutations(repeated))
    cut = data.draw(st.integers(0, len(shuffled)))
    messy = FakeViewing(lose_races=0)
    for batch in (shuffled[:cut], shuffled[cut:], shuffled[:cut]):
        apply(batch, messy)
    assert states(messy) == states(clean)


@given(runs, st.integers(0, 3))
def test_a_batch_that_failed_half_way_ends_the_same(run, good_writes):
    payloads = [an_event(n, title_id=t, **kind) for n, (kind, t) in enumerate(run)]
    clean = FakeViewing()
    apply(payloads, clean)

    flaky = FakeViewing(failing={("p1", "t2")} if good_writes % 2 else {("p1", "t1")})
    outcome, _ = apply(payloads, flaky)
    flaky.failing = set()
    if outcome.first_failed is not None:
        apply(payloads[outcome.first_failed :], flaky)
    assert states(flaky) == states(clean)


def test_a_reason_does_not_repeat_the_record():
    poison = FakePoison()
    apply(
        [json.dumps({"schema": 1, "event": "secret-of-a-viewer"}).encode()], FakeViewing(), poison
    )
    assert "secret" not in poison.kept[0][2]


def test_what_was_stored_before_is_merged_not_replaced():
    viewing = FakeViewing({("p1", "t1"): seen("t1", NOW - 100)})
    apply([an_event(1, type="rate", rating=5)], viewing)
    state = viewing.get("p1", "t1").state
    assert (state.completed_at, state.rating) == (NOW - 100, 5)
