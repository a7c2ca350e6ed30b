from dataclasses import dataclass

import pytest

from schemas.envelope import sealed
from schemas.errors import ThrottledError
from schemas.events import parse_event
from services.contributions import ACTIONS_PER_TRANSACTION, STRIPES, totals, transactions, unstriped
from services.stream import StreamRecord
from services.trending import hour_window, trending_now
from services.trending_counts import TrendingUpdates, contributions_of
from tests.unit.services.fakes import NOW, FakeCounter, FakeDistribution, FakePoison


class FakeCounts:
    def __init__(self, fail_from=None):
        self.markers, self.rows, self.calls, self.fail_from = set(), {}, 0, fail_from

    def add(self, contributions):
        self.calls += 1
        assert len(contributions) + len(totals(contributions)) <= ACTIONS_PER_TRANSACTION
        if self.fail_from is not None and self.calls >= self.fail_from:
            raise ThrottledError("busy")
        fresh = [each for each in contributions if each.marker not in self.markers]
        self.markers.update(each.marker for each in fresh)
        for (window, name, _), measures in totals(fresh).items():
            row = self.rows.setdefault((window, name), {})
            for measure, value in measures.items():
                row[measure] = row.get(measure, 0) + value
        return fresh

    @property
    def scores(self):
        """The scores of everybody's windows."""
        return {key: score for key, score in self.windows.items() if key[0].count("#") == 1}

    @property
    def windows(self):
        """The scores of all windows, by window and title."""
        found = {}
        for (window, name), row in self.rows.items():
            if "score" in row:
                key = (window, unstriped(name))
                found[key] = found.get(key, 0) + row["score"]
        return found


def an_envelope(
    number=1, *, profile_id="p1", account_id=None, country=None, ceiling=None, **fields
):
    """An event; of an account of the profile's own where nothing else is said."""
    raw = {"event_id": f"event-{number:04}", "type": "play", "title_id": "t1"} | fields
    event = parse_event(raw)
    return sealed(
        event,
        account_id=account_id or f"of-{profile_id}",
        profile_id=profile_id,
        received_at=NOW,
        country=country,
        maturity_ceiling=ceiling,
    )


def count_of(envelope, *, now=NOW):
    return contributions_of(envelope, now=now, shard="s")


def apply(payloads, counts, poison=None, *, count=None, measure=None, shard="s"):
    updates = TrendingUpdates(
        trending=counts,
        poison=poison or FakePoison(),
        count=count or FakeCounter(),
        measure=measure or FakeDistribution(),
        countries=frozenset({"DE", "FR"}),
    )
    records = [StreamRecord(shard, f"{n:05}", data, NOW) for n, data in enumerate(payloads)]
    return updates.apply(records, now=NOW).failures(records)


def test_plays_and_completions_count_in_their_hour():
    counts = FakeCounts()
    events = [
        an_envelope(1),
        an_envelope(2, type="complete"),
        an_envelope(3, occurred_at=NOW - 2 * 3600),
        an_envelope(4, type="progress", position_seconds=1),
    ]
    assert apply([e.to_json() for e in events], counts) == []
    assert counts.scores == {
        ("hour#2026-11-23T19", "t1"): 3.0,
        ("hour#2026-11-23T17", "t1"): 1.0,
    }


def test_a_repeat_counts_once_within_and_across_batches():
    counts = FakeCounts()
    for _ in range(2):
        apply([an_envelope(1).to_json()] * 3, counts)
    assert counts.scores == {("hour#2026-11-23T19", "t1"): 1.0}


def test_one_profiles_event_id_does_not_hide_anothers():
    counts = FakeCounts()
    apply([an_envelope(1).to_json(), an_envelope(1, profile_id="p2").to_json()], counts)
    assert counts.scores == {("hour#2026-11-23T19", "t1"): 2.0}


def test_a_marker_names_no_profile():
    (counted,) = count_of(an_envelope(1))
    assert "p1" not in counted.marker.removeprefix("event#")


def test_markers_outlive_any_replay_of_the_stream():
    week = 7 * 24 * 3600
    (counted,) = count_of(an_envelope(1))
    assert counted.marker_expires_at > NOW + week


def test_an_hour_long_gone_is_not_counted():
    assert count_of(an_envelope(1, occurred_at=NOW - 50 * 3600)) == []


def test_poison_is_kept_and_the_rest_goes_on():
    counts, poison = FakeCounts(), FakePoison()
    assert apply([b"{", an_envelope(1).to_json()], counts, poison) == []
    assert counts.scores
    assert [entry[0] for entry in poison.kept] == ["trending"]


@pytest.mark.parametrize(("fail_from", "first"), [(1, "00000"), (2, "00099")])
def test_a_failed_transaction_comes_again_from_its_first_record(fail_from, first):
    payloads = [an_envelope(n, profile_id=f"p{n}").to_json() for n in range(120)]
    counts = FakeCounts(fail_from)
    assert apply(payloads, counts) == [{"itemIdentifier": first}]
    counts.fail_from = None
    apply(payloads[int(first) :], counts)
    assert counts.scores == {("hour#2026-11-23T19", "t1"): 120.0}


def test_plays_count_for_their_country_and_ceiling_as_well():
    counts = FakeCounts()
    child = an_envelope(1, profile_id="p1", country="DE", ceiling=8)
    events = [child, an_envelope(2, profile_id="p2", country="DE", ceiling=18)]
    apply([event.to_json() for event in events], counts)
    hour = "hour#2026-11-23T19"
    assert counts.windows == {
        (hour, "t1"): 2.0,
        (f"{hour}#country#DE", "t1"): 2.0,
        (f"{hour}#ceiling#8", "t1"): 1.0,
    }


def test_the_shards_of_a_hit_write_rows_of_their_own():
    counts = FakeCounts()
    for n in range(64):
        apply([an_envelope(n, profile_id=f"p{n}").to_json()], counts, shard=f"shardId-{n:012}")
    assert len(counts.rows) == STRIPES
    assert counts.scores == {("hour#2026-11-23T19", "t1"): 64.0}


def a_failure(number, *, profile_id="p1", **fields):
    fields = {"type": "playback_quality", "session_id": "session-1", "failed": True} | fields
    return an_envelope(number, profile_id=profile_id, **fields).to_json()


def test_one_viewer_brings_no_title_onto_the_page():
    counts = FakeCounts()
    plays = [an_envelope(n, type="play").to_json() for n in range(100)]
    apply([*plays, *(an_envelope(n, type="complete").to_json() for n in range(100, 200))], counts)
    assert counts.scores == {("hour#2026-11-23T19", "t1"): 3.0}


def test_one_viewer_takes_no_title_off_the_page():
    counts = FakeCounts()
    apply([a_failure(n) for n in range(100)], counts)
    assert counts.windows == {("failing#2026-11-23T18", "t1"): 1.0}


def test_an_account_counts_once_whatever_its_profiles_say_of_themselves():
    counts = FakeCounts()
    places = [(country, ceiling) for country in ("DE", "FR", "GB") for ceiling in (8, 12, 18)]
    apply(
        [
            an_envelope(n, account_id="a1", profile_id=f"p{n}", country=c, ceiling=k).to_json()
            for n, (c, k) in enumerate(places)
        ],
        counts,
    )
    hour = "hour#2026-11-23T19"
    assert counts.windows == {
        (hour, "t1"): 1.0,
        (f"{hour}#country#DE", "t1"): 1.0,
        (f"{hour}#ceiling#8", "t1"): 1.0,
    }


def test_what_is_said_of_many_hours_counts_twice_at_the_most_in_what_is_looked_at():
    counts = FakeCounts()
    apply([an_envelope(n, occurred_at=NOW - 3600 * n).to_json() for n in range(48)], counts)
    recent = [counts.scores.get((hour_window(NOW - 3600 * n), "t1"), 0) for n in range(6)]
    assert recent == [1.0, 0, 1.0, 0, 0, 0]


def test_an_event_that_is_sent_again_in_another_hour_counts_once():
    counts = FakeCounts()
    for hours in range(3):  # a clock set back since: it happened when it was received
        received = NOW + 3600 * hours
        event = parse_event(
            {"event_id": "event-0001", "type": "play", "title_id": "t1", "occurred_at": NOW + 9e4}
        )
        again = sealed(
            event, account_id="a1", profile_id="p1", received_at=received, sent_at=received
        )
        apply([again.to_json()], counts)
    assert counts.scores == {("hour#2026-11-23T19", "t1"): 1.0}


def test_one_account_with_many_profiles_takes_no_title_off_the_page():
    counts = FakeCounts()
    for hours in range(2):
        at = NOW - 3600 * hours
        failures = [
            a_failure(100 * hours + n, account_id="a1", profile_id=f"p{n}", occurred_at=at)
            for n in range(30)
        ]
        apply(failures, counts)
    apply([an_envelope(999).to_json()], counts)
    assert trending_now(Scored(counts.windows), NOW) == {"t1": 1.0}


@dataclass
class Scored:
    """What was counted, to read."""

    windows: dict

    def scores_of(self, windows):
        found = {window: {} for window in windows}
        for (window, title_id), score in self.windows.items():
            if window in found:
                found[window][title_id] = score
        return found


def test_a_title_that_fails_for_many_is_counted_for_each_and_for_each_two_hours():
    counts = FakeCounts()
    payloads = [a_failure(n, profile_id=f"p{n % 30}") for n in range(60)]
    apply([*payloads, a_failure(61, occurred_at=NOW - 2 * 3600)], counts)
    assert counts.windows == {
        ("failing#2026-11-23T18", "t1"): 30.0,
        ("failing#2026-11-23T16", "t1"): 1.0,
    }


def test_a_transaction_has_room_for_every_row_of_its_events():
    counted = [
        (n, *count_of(an_envelope(n, title_id=f"t{n}", country="DE", ceiling=8))) for n in range(60)
    ]
    parts = list(transactions(counted))
    assert [place for part in parts for place, _ in part] == list(range(60))
    assert max(map(len, parts)) == ACTIONS_PER_TRANSACTION // 4


def test_a_late_event_counts_in_its_own_hour_while_that_is_there():
    counts, count = FakeCounts(), FakeCounter()
    late, too_late = NOW - 40 * 3600, NOW - 60 * 3600
    events = [an_envelope(1, occurred_at=late), an_envelope(2, occurred_at=too_late)]
    assert apply([event.to_json() for event in events], counts, count=count) == []
    assert list(counts.scores) == [("hour#2026-11-22T03", "t1")]
    assert count.seen[("LateEvents", "trending")] == 1


def test_an_event_of_the_future_counts_when_it_came():
    counts = FakeCounts()
    apply([an_envelope(1, occurred_at=NOW + 9 * 3600).to_json()], counts)
    assert list(counts.scores) == [("hour#2026-11-23T19", "t1")]
