import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from recommender.history import SignalKind
from schemas.envelope import parse_envelope, sealed
from schemas.errors import Detail
from schemas.events import parse_event, parse_sent

NOW = 1_795_460_400.0


def event(**fields):
    return {"event_id": "event-0001", "type": "play", "title_id": "t1"} | fields


def envelope(**fields):
    parsed = parse_event(event(**fields))
    return sealed(parsed, account_id="a1", profile_id="p1", received_at=NOW)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"type": "rate"}, "rating"),
        ({"type": "rate", "rating": 0.7}, "rating"),
        ({"type": "rate", "rating": 6}, "rating"),
        ({"type": "rate", "rating": "4"}, "rating"),
        ({"type": "rate", "rating": True}, "rating"),
        ({"type": "rate", "rating": None}, "rating"),
        ({"type": "rate", "rating": math.nan}, "rating"),
        ({"type": "progress"}, "position_seconds"),
        ({"type": "pause", "position_seconds": -1}, "position_seconds"),
        ({"type": "pause", "position_seconds": math.inf}, "position_seconds"),
        ({"type": "progress", "position_seconds": 10**400}, "position_seconds"),
        ({"event_id": "short"}, "event_id"),
        ({"event_id": "has a space"}, "event_id"),
        ({"title_id": ""}, "title_id"),
        ({"title_id": 7}, "title_id"),
        ({"title_id": "../../etc"}, "title_id"),
        ({"occurred_at": "yesterday"}, "occurred_at"),
        ({"occurred_at": "2026-11-23T19:00:00"}, "occurred_at"),
        ({"occurred_at": math.nan}, "occurred_at"),
        ({"occurred_at": True}, "occurred_at"),
        ({"surprise": 1}, "surprise"),
        ({"type": "teleport"}, "type"),
        ({"type": "search", "query": "noir"}, "title_id"),
        ({"type": "impression", "position": 0}, "position"),
        ({"type": "impression", "propensity": 0}, "propensity"),
        ({"type": "impression", "propensity": 1e-7}, "propensity"),
        ({"type": "impression", "propensity": 1.1}, "propensity"),
        ({"type": "playback_quality"}, "session_id"),
        ({"type": "playback_quality", "session_id": "s" * 65}, "session_id"),
        ({"type": "playback_quality", "session_id": "s" * 8, "startup_ms": -1}, "startup_ms"),
        ({"type": "playback_quality", "session_id": "s" * 8, "rebuffer_ms": 1.5}, "rebuffer_ms"),
        ({"type": "playback_quality", "session_id": "s" * 8, "network": "5g"}, "network"),
        (
            {"type": "playback_quality", "session_id": "s" * 8, "error_codes": ["a", "b c"]},
            "error_codes[1]",
        ),
        ({"type": None}, "type"),
        ({"type": ["play"]}, "type"),
    ],
)
def test_a_bad_field_is_named(fields, field):
    details = parse_event(event(**fields))
    assert isinstance(details, list)
    assert [detail.field for detail in details] == [field]


def test_a_search_is_of_no_title():
    raw = {"event_id": "event-0001", "type": "search", "query": "noir", "result_count": 3}
    assert parse_event(raw).signals(NOW) == ()


@pytest.mark.parametrize("raw", [None, 1, "play", [], [event()]])
def test_what_is_no_object_is_refused(raw):
    details = parse_event(raw)
    assert isinstance(details, list)
    assert details[0].field == "body"


def test_a_missing_type_is_named():
    assert parse_event({"event_id": "event-0001", "title_id": "t1"}) == [
        Detail("type", "is required")
    ]


@pytest.mark.parametrize(
    ("given_time", "seconds"),
    [
        ("2026-11-23T19:00:00Z", NOW),
        ("2026-11-23T20:00:00+01:00", NOW),
        (NOW, NOW),
        (int(NOW), NOW),
        (NOW - 86_400.12345, NOW - 86_400.123),
        (None, NOW),
    ],
)
def test_the_time_is_the_clients_in_any_form(given_time, seconds):
    assert envelope(occurred_at=given_time).occurred_at == seconds


def test_a_client_must_say_when_it_happened():
    assert parse_sent(event()) == [Detail("occurred_at", "is required")]
    assert parse_sent(event(occurred_at=NOW)) == parse_event(event(occurred_at=NOW))


@pytest.mark.parametrize("future", [NOW + 0.5, NOW + 290, "9999-01-01T00:00:00Z"])
def test_a_time_of_the_future_is_when_it_was_received(future):
    assert envelope(occurred_at=future).occurred_at == NOW


@pytest.mark.parametrize(
    ("fields", "kinds"),
    [
        ({"type": "play"}, []),
        ({"type": "play", "position_seconds": 3}, [SignalKind.POSITION]),
        ({"type": "progress", "position_seconds": 3}, [SignalKind.POSITION]),
        ({"type": "complete"}, [SignalKind.COMPLETE]),
        (
            {"type": "abandon", "position_seconds": 90},
            [SignalKind.ABANDON, SignalKind.POSITION],
        ),
        ({"type": "rate", "rating": 4.5}, [SignalKind.RATE]),
        ({"type": "rate_remove"}, [SignalKind.RATE]),
        ({"type": "list_add"}, [SignalKind.LIST]),
        ({"type": "list_remove"}, [SignalKind.LIST]),
        ({"type": "dismiss"}, [SignalKind.DISMISS]),
        ({"type": "impression", "row_id": "top_picks", "position": 1, "propensity": 0.1}, []),
        ({"type": "impression"}, []),
        ({"type": "click"}, []),
        ({"type": "playback_quality", "session_id": "session-1", "startup_ms": 900}, []),
    ],
)
def test_an_event_says_what_history_learns(fields, kinds):
    assert [signal.kind for signal in envelope(**fields).signals()] == kinds


def test_a_record_survives_the_stream():
    sent = envelope(type="progress", position_seconds=61.2345, duration_seconds=600)
    got = parse_envelope(sent.to_json())
    assert got.signals() == sent.signals()
    assert got.signals()[0].value == 61.234


@given(st.floats(min_value=0, max_value=1e6), st.floats(min_value=0, max_value=2e9))
def test_times_and_positions_keep_their_value_on_the_stream(position, at):
    sent = envelope(type="pause", position_seconds=position, occurred_at=at)
    assert parse_envelope(sent.to_json()).signals() == sent.signals()


GOOD = json.loads(envelope(type="rate", rating=4).to_json())


@pytest.mark.parametrize(
    "record",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'"\xed\xa0\x80"',
        b"[" * 100_000,
        b"9" * 10_000,
        json.dumps(GOOD | {"schema": 3}).encode(),
        json.dumps({k: v for k, v in GOOD.items() if k != "schema"}).encode(),
        json.dumps(GOOD | {"received_at": "now"}).encode(),
        json.dumps(GOOD | {"received_at": math.nan}).encode(),
        json.dumps(GOOD | {"profile_id": None}).encode(),
        json.dumps(GOOD | {"event": GOOD["event"] | {"rating": math.nan}}).encode(),
        json.dumps(GOOD | {"event": GOOD["event"] | {"type": "x"}}).encode(),
        json.dumps(GOOD | {"event": GOOD["event"] | {"title_id": "t" * 900_000}}).encode(),
    ],
)
def test_poison_is_one_kind_of_error(record):
    with pytest.raises(ValidationError):
        parse_envelope(record)


def test_a_record_of_version_1_is_read_as_it_was_meant():
    record = {name: GOOD[name] for name in ("account_id", "profile_id", "received_at")}
    said = GOOD["event"] | {"occurred_at": NOW - 60}
    got = parse_envelope(json.dumps(record | {"schema": 1, "event": said}).encode())
    assert (got.schema_, got.occurred_at, got.clock) == (2, NOW - 60, "client")
    assert (got.country, got.maturity_ceiling) == (None, None)


def test_what_the_client_said_stays_beside_what_we_make_of_it():
    parsed = parse_event(event(occurred_at=NOW + 3000))
    sent = sealed(parsed, account_id="a1", profile_id="p1", received_at=NOW, sent_at=NOW + 3600)
    got = parse_envelope(sent.to_json())
    assert (got.occurred_at, got.clock) == (NOW - 600, "offset")
    assert (got.event.occurred_at, got.sent_at) == (NOW + 3000, NOW + 3600)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_parser(data):
    with pytest.raises(ValidationError):
        parse_envelope(data)


@pytest.mark.parametrize("received_at", [1e15, 1e308])
def test_an_envelope_of_another_age_is_no_envelope(received_at):
    event = {"type": "complete", "event_id": "abcdefgh", "title_id": "t1"}
    record = {"schema": 1, "event": event, "account_id": "a", "profile_id": "p"}
    with pytest.raises(Exception, match="received_at"):
        parse_envelope(json.dumps(record | {"received_at": received_at}).encode())
