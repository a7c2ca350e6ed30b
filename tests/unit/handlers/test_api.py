"""The API's functions, route by route, with the use cases made of fakes."""

import itertools
import time
from types import SimpleNamespace

import pytest

from handlers import http
from schemas.catalogue import TitleRecord
from schemas.clocks import SLOWEST_REQUEST_SECONDS
from schemas.events import MAX_EVENTS
from services.events import EventService
from services.interactions import InteractionService
from services.playback import PlaybackService
from services.ports import ServedModel
from services.profiles import ProfileService
from services.recommendations import RecommendationService
from services.shelf import Shelf
from services.streams import StreamLimit
from services.titles import TitleService
from tests.unit.handlers.conftest import Context, fields_of, http_event
from tests.unit.services.fakes import (
    FakeCounter,
    FakeEditorial,
    FakeJournal,
    FakeLeases,
    FakeModels,
    FakeSink,
    FakeTitles,
    FakeTrending,
    FakeViewing,
    a_profile,
    a_title,
    profiles_of,
    seen,
    started,
)

TITLES = [a_title(f"t{n}", maturity=13) for n in range(1, 31)]
PLAYABLE = {
    "film": TitleRecord(a_title("film", maturity=13), manifest="master.m3u8"),
    "bare": TitleRecord(a_title("bare", maturity=13)),
    "grim": TitleRecord(a_title("grim", maturity=18), manifest="master.m3u8"),
}


class FakeSigner:
    def cookies(self, title_id, *, expires_at):
        return {f"CloudFront-{name}": "x" for name in ("Policy", "Signature", "Key-Pair-Id")}


@pytest.fixture
def world():
    """What the fakes hold, to look at and to change."""

    class World:
        profiles = profiles_of(a_profile(maturity_ceiling=13))
        viewing = FakeViewing({("p1", "t1"): seen("t1"), ("p1", "t2"): started("t2")})
        titles = FakeTitles.of(*TITLES, **PLAYABLE)
        trending = FakeTrending({"popular": {"t3": 2.0, "t1": 9.0}})
        models = FakeModels.of(*TITLES)
        events = FakeSink()
        count = FakeCounter()
        editorial = FakeEditorial()
        journal = FakeJournal()
        leases = FakeLeases()

    return World()


@pytest.fixture(autouse=True)
def _use_cases(world, serve_with):
    ids = iter(f"id{n:08}" for n in range(1000))
    stores = {"profiles": world.profiles, "viewing": world.viewing}
    served = stores | {"titles": world.titles, "models": world.models, "count": world.count}
    served |= {"shelf": Shelf(world.titles)}
    told = {"editorial": world.editorial, "journal": world.journal}
    serve_with("titles", TitleService(**served))
    serve_with("profiles", ProfileService(**stores, new_id=lambda: next(ids)))
    serve_with("recommendations", RecommendationService(**served, **told, trending=world.trending))
    serve_with(
        "interactions",
        InteractionService(
            **stores, titles=world.titles, events=world.events, new_id=lambda: next(ids)
        ),
    )
    serve_with(
        "events", EventService(profiles=world.profiles, events=world.events, count=world.count)
    )
    streams = StreamLimit(leases=world.leases, limit=2)
    serve_with(
        "playback",
        PlaybackService(
            **stores, titles=world.titles, signer=FakeSigner(), streams=streams, count=world.count
        ),
    )


# Titles


def test_the_catalogue_comes_in_pages(call):
    status, _, page = call("titles", "GET", "/v1/titles", query={"limit": "2"})
    assert (status, len(page["items"])) == (200, 2)
    again = {"limit": "2", "next_token": page["next_token"]}
    _, _, following = call("titles", "GET", "/v1/titles", query=again)
    assert [i["title_id"] for i in following["items"]] == ["t3", "t4"]


@pytest.mark.parametrize("limit", ["0", "101", "-1", "ten", "1.5", "", "1,2"])
@pytest.mark.parametrize(
    ("module", "path"),
    [
        ("titles", "/v1/titles"),
        ("titles", "/v1/titles/t1/similar"),
        ("titles", "/v1/search"),
        ("recommendations", "/v1/profiles/p1/recommendations"),
    ],
)
def test_a_limit_out_of_range_is_named(call, module, path, limit):
    status, _, body = call(module, "GET", path, query={"limit": limit, "q": "x"})
    assert (status, fields_of(body)) == (400, ["limit"])


def test_a_tampered_token_is_named(call):
    status, _, body = call("titles", "GET", "/v1/titles", query={"next_token": "AAAA"})
    assert (status, fields_of(body)) == (400, ["next_token"])


def test_one_title(call):
    status, _, body = call("titles", "GET", "/v1/titles/t1")
    assert (status, body["title_id"], body["genres"]) == (200, "t1", ["Drama"])


@pytest.mark.parametrize("path", ["/v1/titles/nowhere", "/v1/titles/nowhere/similar"])
def test_an_unknown_title_is_404(call, path):
    status, _, body = call("titles", "GET", path)
    assert (status, fields_of(body)) == (404, ["title_id"])


def test_an_impossible_title_id_is_400(call):
    status, _, body = call("titles", "GET", "/v1/titles/" + "x" * 65)
    assert (status, fields_of(body)) == (400, ["title_id"])


def test_a_profiles_ceiling_counts_for_titles(call, world):
    assert call("titles", "GET", "/v1/titles/grim")[0] == 200
    assert call("titles", "GET", "/v1/titles/grim", query={"profile_id": "p1"})[0] == 404


def test_another_accounts_profile_is_no_ceiling(call):
    status, _, body = call(
        "titles", "GET", "/v1/titles/t1", query={"profile_id": "p1"}, account="account-2"
    )
    assert (status, fields_of(body)) == (404, ["profile_id"])


def test_similar_titles(call):
    status, _, body = call("titles", "GET", "/v1/titles/t1/similar", query={"limit": "3"})
    assert (status, body["title_id"], len(body["items"])) == (200, "t1", 3)
    assert body["items"][0]["reason"]["text"]


@pytest.mark.parametrize("query", [{}, {"q": ""}, {"q": "   "}, {"q": "x" * 101}])
def test_a_search_for_nothing_is_named(call, query):
    status, _, body = call("titles", "GET", "/v1/search", query=query)
    assert (status, fields_of(body)) == (400, ["q"])


def test_search(call):
    status, _, body = call("titles", "GET", "/v1/search", query={"q": "title t30"})
    assert (status, [i["title_id"] for i in body["items"]]) == (200, ["t30"])


# Profiles


def test_profiles_live_and_die(call, world):
    status, _, made = call("profiles", "POST", "/v1/profiles", body={"name": "Bo"})
    assert (status, made["maturity_ceiling"]) == (201, 18)
    path = f"/v1/profiles/{made['profile_id']}"
    assert call("profiles", "GET", path)[2]["name"] == "Bo"
    assert call("profiles", "PATCH", path, body={"country": "SE"})[2]["country"] == "SE"
    assert len(call("profiles", "GET", "/v1/profiles")[2]["items"]) == 2
    assert call("profiles", "DELETE", path)[0] == 204
    assert call("profiles", "GET", path)[0] == 404


def test_a_sixth_profile_is_409(call):
    for _ in range(4):
        assert call("profiles", "POST", "/v1/profiles", body={"name": "x"})[0] == 201
    status, _, body = call("profiles", "POST", "/v1/profiles", body={"name": "x"})
    assert (status, body["error"]["code"]) == (409, "profile_limit")


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_another_accounts_profile_is_404(call, method):
    status, _, body = call(
        "profiles", method, "/v1/profiles/p1", account="account-2", body={"name": "Eve"}
    )
    assert (status, fields_of(body)) == (404, ["profile_id"])


def test_an_empty_change_is_400(call):
    assert call("profiles", "PATCH", "/v1/profiles/p1", body={})[0] == 400


def test_export(call):
    status, _, body = call("profiles", "GET", "/v1/profiles/p1/export")
    assert (status, body["profile"]["profile_id"]) == (200, "p1")
    assert [w["title_id"] for w in body["viewing"]] == ["t1", "t2"]


# Recommendations


def test_recommendations_have_the_contracts_shape(call):
    status, _, body = call(
        "recommendations", "GET", "/v1/profiles/p1/recommendations", query={"limit": "5"}
    )
    assert (status, body["model_version"], body["fallback"]) == (200, "v1", None)
    assert len(body["items"]) == 5
    assert set(body["items"][0]) == {
        "title_id",
        "name",
        "year",
        "genres",
        "maturity",
        "playable",
        "score",
        "source",
        "reason",
        "model_version",
        "fallback",
        "propensity",
    }
    assert set(body["items"][0]["reason"]) == {"kind", "because", "text"}


def test_recommendations_are_twenty_by_default(call):
    body = call("recommendations", "GET", "/v1/profiles/p1/recommendations")[2]
    assert len(body["items"]) == 20


@pytest.mark.parametrize("reason", ["model_missing", "model_damaged", "model_unreachable"])
def test_no_model_is_no_error_page(call, world, reason):
    world.models.served = ServedModel(None, reason)
    status, _, body = call("recommendations", "GET", "/v1/profiles/p1/recommendations")
    assert (status, body["fallback"], body["model_version"]) == (200, reason, None)
    assert [i["title_id"] for i in body["items"]][0] == "t3"
    assert {i["fallback"] for i in body["items"]} == {reason}
    assert world.count.seen["RecommendationFallback", reason] == 1


def test_home_tells_where_the_viewer_stopped(call):
    status, _, body = call("recommendations", "GET", "/v1/profiles/p1/home")
    assert status == 200
    first = body["rows"][0]
    assert (first["row_id"], first["items"][0]["position_seconds"]) == ("continue_watching", 60.0)
    assert "position_seconds" not in body["rows"][1]["items"][0]


@pytest.mark.parametrize("path", ["home", "recommendations"])
@pytest.mark.parametrize("who", [{"account": "account-2"}, {}])
def test_an_unknown_profile_is_404(call, path, who):
    profile = "p1" if who else "nowhere"
    status, _, body = call("recommendations", "GET", f"/v1/profiles/{profile}/{path}", **who)
    assert (status, fields_of(body)) == (404, ["profile_id"])


def test_the_edges_country_counts(call, world):
    world.titles.records["t3"] = TitleRecord(a_title("t3", countries=("FR",)))
    path = "/v1/titles/t3"
    assert call("titles", "GET", path)[0] == 404
    assert call("titles", "GET", path, headers={"CloudFront-Viewer-Country": "FR"})[0] == 200
    assert call("titles", "GET", path, headers={"cloudfront-viewer-country": "F"})[0] == 404


# Interactions


@pytest.fixture
def a_second_apart(monkeypatch):
    """Requests come one a second: of two words of one millisecond neither is the later."""
    clock = itertools.count(time.time())
    monkeypatch.setattr(http, "time", SimpleNamespace(time=lambda: next(clock)))


@pytest.mark.usefixtures("a_second_apart")
def test_a_rating_comes_and_goes(call, world):
    path = "/v1/profiles/p1/ratings/t3"
    status, _, body = call("interactions", "PUT", path, body={"rating": 4.5})
    assert (status, body["rating"]) == (200, 4.5)
    status, _, body = call("interactions", "DELETE", path)
    assert (status, body["rating"]) == (200, None)
    assert [e.event.type for e in world.events.taken] == ["rate", "rate_remove"]


@pytest.mark.parametrize("body", [{}, {"rating": 0}, {"rating": 5.5}, {"rating": 1.2}])
def test_a_bad_rating_is_named(call, body):
    status, _, answer = call("interactions", "PUT", "/v1/profiles/p1/ratings/t3", body=body)
    assert (status, fields_of(answer)) == (400, ["rating"])


@pytest.mark.usefixtures("a_second_apart")
def test_the_list_comes_and_goes(call):
    path = "/v1/profiles/p1/list/t3"
    assert call("interactions", "PUT", path)[2]["listed"] is True
    assert call("interactions", "DELETE", path)[2]["listed"] is False


@pytest.mark.parametrize("title_id", ["nowhere", "grim"])
def test_a_title_out_of_sight_cant_be_listed(call, title_id):
    status, _, body = call("interactions", "PUT", f"/v1/profiles/p1/list/{title_id}")
    assert (status, fields_of(body)) == (404, ["title_id"])


# Events


def an_event(number, **fields):
    event = {"event_id": f"event-{number:04}", "type": "complete", "title_id": "t3"}
    return event | {"occurred_at": time.time()} | fields


def post(call, events, **sent):
    body = {"sent_at": time.time(), "events": events} | sent
    return call("events", "POST", "/v1/profiles/p1/events", body=body)


def test_events_are_accepted(call, world):
    status, _, body = post(call, [an_event(1), an_event(2, type="rate")])
    assert (status, body["accepted"]) == (202, 1)
    assert [(r["index"], r["details"][0]["field"]) for r in body["rejected"]] == [(1, "rating")]


def test_events_that_are_all_bad_are_400(call):
    status, _, body = post(call, [an_event(1, type="rate")])
    assert (status, fields_of(body)) == (400, ["events[0].rating"])


@pytest.mark.parametrize("sent_at", [None, "yesterday", True])
def test_a_batch_must_say_when_it_was_sent(call, sent_at):
    status, _, body = post(call, [an_event(1)], sent_at=sent_at)
    assert (status, fields_of(body)) == (400, ["sent_at"])


CLOCKS = [
    -1e9, 0, 1e12, 1.8e15, 10**400, "0001-01-01T00:00:00Z", "-000044-03-15T12:00:00.000Z",
    "+275760-09-13T00:00:00.000Z",
]  # fmt: skip


@pytest.mark.parametrize("clock", CLOCKS)
def test_no_clock_is_refused_however_wrong(call, world, clock):
    status, _, body = post(call, [an_event(1, occurred_at=clock)], sent_at=clock)
    assert (status, body["accepted"], body["rejected"]) == (202, 1, [])
    (taken,) = world.events.taken
    assert 0 <= taken.received_at - taken.occurred_at <= SLOWEST_REQUEST_SECONDS


@pytest.mark.parametrize("events", [[], [an_event(1)] * (MAX_EVENTS + 1), "x", None, {}])
def test_a_batch_of_the_wrong_size_is_400(call, events):
    status, _, body = post(call, events)
    assert (status, fields_of(body)) == (400, ["events"])


def test_a_full_batch_is_accepted(call):
    assert post(call, [an_event(n) for n in range(MAX_EVENTS)])[2]["accepted"] == MAX_EVENTS


def test_events_that_the_stream_refused_say_when_to_come_again(call, world):
    world.events.refuse = {"event-0002"}
    status, headers, body = post(call, [an_event(1), an_event(2)])
    assert (status, headers["retry-after"]) == (429, "2")
    assert (body["error"]["code"], fields_of(body)) == ("throttled", ["events[1]"])
    assert (body["accepted"], body["rejected"][0]["index"]) == (1, 1)


# Playback


def test_playback_sets_the_cookies(call):
    from handlers import playback

    event = http_event("POST", "/v1/profiles/p1/playback", body={"title_id": "film"})
    answer = playback.handler(event, Context())
    assert answer["statusCode"] == 200
    assert len(answer["cookies"]) == 3
    for cookie in answer["cookies"]:
        assert cookie.startswith("CloudFront-")
        assert "Path=/media/film/" in cookie
        assert "HttpOnly" in cookie
        assert "Secure" in cookie


def test_playback_says_where_and_from_when(call):
    _, _, body = call("playback", "POST", "/v1/profiles/p1/playback", body={"title_id": "film"})
    assert body["manifest_url"] == "/media/film/master.m3u8"
    assert body["stream_id"] == "p1"
    assert set(body) == {
        "manifest_url", "cookies", "resume_position_seconds", "expires_at", "stream_id",
        "renew_after_seconds", "next",
    }  # fmt: skip


def test_the_account_plays_on_so_many_screens_and_one_that_stops_makes_room(call):
    path = "/v1/profiles/p1/playback"
    for screen in ("screen-1", "screen-2", "screen-2"):
        status, _, _ = call(
            "playback", "POST", path, body={"title_id": "film", "stream_id": screen}
        )
        assert status == 200
    third = {"title_id": "film", "stream_id": "screen-3"}
    status, _, body = call("playback", "POST", path, body=third)
    assert (status, body["error"]["code"], fields_of(body)) == (409, "stream_limit", ["stream_id"])
    assert call("playback", "DELETE", f"{path}/screen-1")[0] == 204
    assert call("playback", "POST", path, body=third)[0] == 200


@pytest.mark.parametrize("stream_id", ["", "a b", "x" * 65, "../x"])
def test_a_stream_id_that_is_none_is_named(call, stream_id):
    body = {"title_id": "film", "stream_id": stream_id}
    status, _, answer = call("playback", "POST", "/v1/profiles/p1/playback", body=body)
    assert (status, fields_of(answer)) == (400, ["stream_id"])


@pytest.mark.parametrize(
    ("title_id", "status", "code"),
    [("bare", 409, "not_playable"), ("grim", 404, "not_found"), ("nowhere", 404, "not_found")],
)
def test_playback_is_refused(call, title_id, status, code):
    got, _, body = call("playback", "POST", "/v1/profiles/p1/playback", body={"title_id": title_id})
    assert (got, body["error"]["code"], fields_of(body)) == (status, code, ["title_id"])
