import pytest

from recommender.history import merge_all
from schemas.errors import InvalidRequestError, NotFoundError
from services.asking import Asker
from services.events import EventService, EventsNotStoredError
from tests.unit.services.fakes import ACCOUNT, NOW, FakeCounter, FakeSink, a_profile, profiles_of


def event(number=1, **fields):
    given = {"event_id": f"event-{number:04}", "occurred_at": NOW, "type": "play", "title_id": "t1"}
    return given | fields


def accept(
    events, sink=None, profile_id="p1", *, profiles=None, country=None, sent_at=NOW, now=NOW
):
    service = EventService(
        profiles=profiles or profiles_of(), events=sink or FakeSink(), count=FakeCounter()
    )
    return service.accept(Asker(ACCOUNT, profile_id, now, country), events, sent_at=sent_at)


def test_all_good_events_go_on_the_stream():
    sink = FakeSink()
    receipt = accept([event(1), event(2)], sink)
    assert (receipt.accepted, receipt.rejected) == (2, [])
    assert {e.profile_id for e in sink.taken} == {"p1"}
    assert {e.account_id for e in sink.taken} == {ACCOUNT}


def test_a_bad_event_loses_no_neighbour():
    sink = FakeSink()
    receipt = accept([event(1), event(2, type="rate"), event(3)], sink)
    assert receipt.accepted == 2
    assert [(r.index, r.code, r.details[0].field) for r in receipt.rejected] == [
        (1, "invalid_event", "rating")
    ]
    assert [e.event.event_id for e in sink.taken] == ["event-0001", "event-0003"]


def test_no_good_event_at_all_is_an_invalid_request():
    with pytest.raises(InvalidRequestError) as error:
        accept([event(type="rate"), "nonsense"])
    assert [d.field for d in error.value.details] == ["events[0].rating", "events[1]"]


def test_what_the_stream_refused_is_answered_by_its_index():
    sink = FakeSink(refuse={"event-0002"})
    with pytest.raises(EventsNotStoredError) as error:
        accept([{}, event(1), event(2)], sink)
    assert [d.field for d in error.value.details] == ["events[2]"]
    receipt = error.value.beside()
    assert receipt["accepted"] == 1
    assert [(r["index"], r["code"]) for r in receipt["rejected"]] == [
        (0, "invalid_event"),
        (2, "throttled"),
    ]


def test_another_accounts_profile_is_not_found():
    with pytest.raises(NotFoundError):
        accept([event()], profile_id="p2")


@pytest.mark.parametrize(
    ("own", "of_the_request", "expected"),
    [(None, None, None), (None, "DE", "DE"), ("FR", "DE", "FR"), ("FR", None, "FR")],
)
def test_a_record_carries_the_profiles_country_and_ceiling(own, of_the_request, expected):
    sink = FakeSink()
    child = profiles_of(a_profile(country=own, maturity_ceiling=8))
    accept([event(1)], sink, profiles=child, country=of_the_request)
    assert [(e.country, e.maturity_ceiling) for e in sink.taken] == [(expected, 8)]


def test_a_batch_says_when_it_was_sent_and_its_clock_is_corrected_by_that():
    sink = FakeSink()
    accept([event(1, occurred_at=NOW + 3590)], sink, sent_at=NOW + 3600)
    (sent,) = sink.taken
    assert (sent.occurred_at, sent.clock, sent.sent_at) == (NOW - 10, "offset", NOW + 3600)


@pytest.mark.parametrize("ahead", [0, 3600, -3600, 1e9])
def test_what_is_sent_again_says_the_same_however_wrong_the_clock(ahead):
    """A `list_add` that comes a second time does not win over the removal after it."""
    first, again = FakeSink(), FakeSink()
    events = [
        event(1, type="list_add", occurred_at=NOW + ahead - 20),
        event(2, type="list_remove", occurred_at=NOW + ahead - 10),
    ]
    accept(events, first, sent_at=NOW + ahead)
    accept(events[:1], again, sent_at=NOW + ahead + 600, now=NOW + 600)
    signals = [s for sent in (*first.taken, *again.taken) for s in sent.signals()]
    assert not merge_all({}, signals)["t1"].listed


def test_who_sends_is_of_the_token_and_never_of_the_event():
    sink = FakeSink()
    for field in ("account_id", "profile_id", "received_at", "country"):
        with pytest.raises(InvalidRequestError) as error:
            accept([event(1, **{field: "x"})], sink)
        assert [d.field for d in error.value.details] == [f"events[0].{field}"]
    assert sink.taken == []
