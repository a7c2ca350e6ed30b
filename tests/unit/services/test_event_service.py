import pytest

from schemas.errors import InvalidRequestError, NotFoundError
from services.events import EventService, EventsNotStoredError
from tests.unit.services.fakes import ACCOUNT, NOW, FakeCounter, FakeSink, profiles_of


def event(number=1, **fields):
    return {"event_id": f"event-{number:04}", "type": "play", "title_id": "t1"} | fields


def accept(events, sink=None, profile_id="p1"):
    service = EventService(profiles=profiles_of(), events=sink or FakeSink(), count=FakeCounter())
    return service.accept(ACCOUNT, profile_id, events, now=NOW)


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
