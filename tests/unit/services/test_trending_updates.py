import pytest

from schemas.envelope import sealed
from schemas.errors import ThrottledError
from schemas.events import parse_event
from services.stream import StreamRecord
from services.trending_counts import EVENTS_PER_TRANSACTION, TrendingUpdates, count_of
from tests.unit.services.fakes import NOW, FakeCounter, FakePoison


class FakeCounts:
    def __init__(self, fail_from=None):
        self.markers, self.scores, self.calls, self.fail_from = set(), {}, 0, fail_from

    def add(self, counts):
        self.calls += 1
        assert len(counts) <= EVENTS_PER_TRANSACTION
        if self.fail_from is not None and self.calls >= self.fail_from:
            raise ThrottledError("busy")
        fresh = [c for c in counts if c.marker not in self.markers]
        for count in fresh:
            self.markers.add(count.marker)
            key = (count.window, count.title_id)
            self.scores[key] = self.scores.get(key, 0) + count.score
        return len(fresh)


def an_envelope(number=1, *, profile_id="p1", **fields):
    raw = {"event_id": f"event-{number:04}", "type": "play", "title_id": "t1"} | fields
    return sealed(parse_event(raw), account_id="a1", profile_id=profile_id, received_at=NOW)


def apply(payloads, counts, poison=None):
    updates = TrendingUpdates(trending=counts, poison=poison or FakePoison(), count=FakeCounter())
    records = [StreamRecord("s", f"{n:05}", data, NOW) for n, data in enumerate(payloads)]
    return updates.apply(records, now=NOW).failures(records)


def test_plays_and_completions_count_in_their_hour():
    counts = FakeCounts()
    events = [
        an_envelope(1),
        an_envelope(2, type="complete"),
        an_envelope(3, occurred_at=NOW - 3600),
        an_envelope(4, type="progress", position_seconds=1),
    ]
    assert apply([e.to_json() for e in events], counts) == []
    assert counts.scores == {
        ("hour#2026-11-23T19", "t1"): 3.0,
        ("hour#2026-11-23T18", "t1"): 1.0,
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
    assert "p1" not in count_of(an_envelope(1), now=NOW).marker.removeprefix("event#")


def test_markers_outlive_any_replay_of_the_stream():
    week = 7 * 24 * 3600
    assert count_of(an_envelope(1), now=NOW).marker_expires_at > NOW + week


def test_an_hour_long_gone_is_not_counted():
    assert count_of(an_envelope(1, occurred_at=NOW - 50 * 3600), now=NOW) is None


def test_poison_is_kept_and_the_rest_goes_on():
    counts, poison = FakeCounts(), FakePoison()
    assert apply([b"{", an_envelope(1).to_json()], counts, poison) == []
    assert counts.scores
    assert [entry[0] for entry in poison.kept] == ["trending"]


@pytest.mark.parametrize(("fail_from", "first"), [(1, "00000"), (2, "00050")])
def test_a_failed_transaction_comes_again_from_its_first_record(fail_from, first):
    payloads = [an_envelope(n).to_json() for n in range(120)]
    counts = FakeCounts(fail_from)
    assert apply(payloads, counts) == [{"itemIdentifier": first}]
    counts.fail_from = None
    apply(payloads[int(first) :], counts)
    assert counts.scores == {("hour#2026-11-23T19", "t1"): 120.0}
