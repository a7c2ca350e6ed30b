from dataclasses import replace

import pytest

from recommender.history import TitleState
from schemas.catalogue import Episode, TitleRecord
from schemas.errors import NotFoundError, NotPlayableError, RetryLaterError, StreamLimitError
from schemas.playback import NextEpisode
from services.asking import Asker
from services.playback import GRANT_SECONDS, PlaybackService
from services.ports import StoredState
from services.streams import LEASE_SECONDS, StreamLimit
from tests.unit.services.fakes import (
    ACCOUNT,
    NOW,
    FakeCounter,
    FakeLeases,
    FakeTitles,
    FakeViewing,
    a_profile,
    a_title,
    profiles_of,
    started,
)

ASKER = Asker(ACCOUNT, "p1", NOW)


class FakeSigner:
    def cookies(self, title_id, *, expires_at):
        return {"CloudFront-Policy": f"{title_id}@{expires_at}"}


def service(
    title=None, *, manifest="master.m3u8", viewing=None, leases=None, counted=None, **profile
):
    record = TitleRecord(title or a_title("t1"), manifest=manifest)
    return PlaybackService(
        profiles=profiles_of(a_profile(**profile)),
        viewing=viewing or FakeViewing(),
        titles=FakeTitles({"t1": record}),
        signer=FakeSigner(),
        count=counted or FakeCounter(),
        streams=StreamLimit(leases=leases or FakeLeases(), limit=2),
    )


def test_a_grant_opens_the_titles_media_for_a_while():
    grant = service().start(ASKER, "t1")
    assert grant.manifest_url == "/media/t1/master.m3u8"
    assert grant.expires_at == NOW + GRANT_SECONDS
    assert grant.cookies == {"CloudFront-Policy": f"t1@{int(NOW) + GRANT_SECONDS}"}
    assert grant.resume_position_seconds == 0


def test_it_goes_on_where_the_viewer_stopped():
    viewing = FakeViewing({("p1", "t1"): started("t1", 61.0)})
    assert service(viewing=viewing).start(ASKER, "t1").resume_position_seconds == 61.0


def test_a_finished_title_starts_again():
    done = TitleState(
        title_id="t1", position_seconds=590.0, position_at=NOW - 20, completed_at=NOW - 10
    )
    viewing = FakeViewing({("p1", "t1"): StoredState(done, 1)})
    assert service(viewing=viewing).start(ASKER, "t1").resume_position_seconds == 0


@pytest.mark.parametrize(
    ("title", "profile"),
    [
        (a_title("t1", maturity=17), {"maturity_ceiling": 13}),
        (a_title("t1", maturity=None), {"maturity_ceiling": 13}),
        (a_title("t1", countries=("FR",)), {"country": "US"}),
        (a_title("t1", countries=("FR",)), {}),
        (a_title("t1", available_from=NOW + 1), {}),
        (a_title("t1", available_until=NOW), {}),
    ],
)
def test_what_a_profile_may_not_see_is_not_there(title, profile):
    with pytest.raises(NotFoundError):
        service(title, **profile).start(ASKER, "t1")


def _episodes(after=None, *, manifest="master.m3u8", ceiling=18, **next_title):
    """Two titles of a series, and the service that knows them."""
    first = Episode(name="Harbour", season=1, episode=1, followed_by="t2")
    second = Episode(name="Harbour", season=1, episode=2)
    playback = service(maturity_ceiling=ceiling)
    titles = {
        "t1": TitleRecord(a_title("t1", maturity=6), manifest="master.m3u8", series=first),
        "t2": TitleRecord(
            a_title("t2", name="Low Tide", **next_title), manifest=manifest, series=second
        ),
    }
    return replace(playback, titles=FakeTitles({**titles, **(after or {})}))


def test_an_episode_names_the_one_that_follows():
    assert _episodes().start(ASKER, "t1").next == NextEpisode(
        title_id="t2", name="Low Tide", series="Harbour", season=1, episode=2
    )


def test_the_last_episode_and_what_is_no_episode_name_none():
    assert _episodes().start(ASKER, "t2").next is None
    assert service().start(ASKER, "t1").next is None


@pytest.mark.parametrize(
    "of_the_next",
    [
        {"manifest": None},
        {"available_from": NOW + 1},
        {"available_until": NOW},
        {"countries": ("FR",)},
        {"maturity": 16, "ceiling": 12},
        {"maturity": None, "ceiling": 12},
        {"after": {"t2": None}},
    ],
)
def test_an_episode_that_could_not_be_played_is_not_offered(of_the_next):
    assert _episodes(**of_the_next).start(ASKER, "t1").next is None


def test_one_under_the_ceiling_is_offered():
    assert _episodes(maturity=12, ceiling=12).start(ASKER, "t1").next is not None


def test_a_film_may_follow_an_episode():
    film = TitleRecord(a_title("t2", name="Low Tide"), manifest="master.m3u8")
    found = _episodes({"t2": film}).start(ASKER, "t1").next
    assert found == NextEpisode(title_id="t2", name="Low Tide")


class _TitlesBut(FakeTitles):
    """A table that does not answer for one of the titles."""

    def get(self, title_id):
        if title_id == "t2":
            raise RetryLaterError("the table does not answer")
        return super().get(title_id)


def test_a_next_episode_that_cannot_be_looked_up_keeps_nobody_from_this_one():
    counted = FakeCounter()
    playback = _episodes()
    playback = replace(playback, titles=_TitlesBut(playback.titles.records), count=counted)
    assert playback.start(ASKER, "t1").next is None
    assert dict(counted.seen) == {("NextEpisodeUnknown",): 1}


def test_a_grant_that_fails_keeps_no_place():
    class Unanswering(FakeViewing):
        def get(self, profile_id, title_id):
            raise RetryLaterError("the table does not answer")

    leases = FakeLeases()
    with pytest.raises(RetryLaterError):
        service(viewing=Unanswering(), leases=leases).start(ASKER, "t1")
    assert leases.stored == {}


def test_a_title_without_media_is_named():
    with pytest.raises(NotPlayableError) as error:
        service(manifest=None).start(ASKER, "t1")
    assert error.value.details[0].field == "title_id"


def test_the_ceiling_comes_before_the_media():
    with pytest.raises(NotFoundError):
        service(a_title("t1", maturity=17), manifest=None, maturity_ceiling=8).start(ASKER, "t1")


@pytest.mark.parametrize(("account", "title_id"), [("account-2", "t1"), (ACCOUNT, "nowhere")])
def test_what_is_absent_is_not_found(account, title_id):
    with pytest.raises(NotFoundError):
        service().start(Asker(account, "p1", NOW), title_id)


def test_the_country_is_where_the_viewer_is_and_not_what_the_profile_says():
    title = a_title("t1", countries=("FR",))
    with pytest.raises(NotFoundError):
        service(title, country="FR").start(Asker(ACCOUNT, "p1", NOW, "US"), "t1")
    assert service(title, country="US").start(Asker(ACCOUNT, "p1", NOW, "FR"), "t1")


def test_one_screen_more_than_the_account_may_have_is_refused():
    playing = service()
    playing.start(ASKER, "t1", "screen-1")
    playing.start(ASKER, "t1", "screen-2")
    with pytest.raises(StreamLimitError):
        playing.start(ASKER, "t1", "screen-3")
    playing.stop(ASKER, "screen-1")
    assert playing.start(ASKER, "t1", "screen-3").stream_id == "screen-3"


def test_a_screen_that_plays_on_keeps_its_place_and_one_that_vanished_loses_it():
    playing = service()
    playing.start(ASKER, "t1", "screen-1")
    playing.start(ASKER, "t1", "screen-2")
    later = Asker(ACCOUNT, "p1", NOW + LEASE_SECONDS - 1)
    playing.start(later, "t1", "screen-1")
    after = Asker(ACCOUNT, "p1", NOW + LEASE_SECONDS + 1)
    playing.start(after, "t1", "screen-3")
    with pytest.raises(StreamLimitError):
        playing.start(after, "t1", "screen-2")


def test_what_may_not_be_seen_takes_no_place():
    leases = FakeLeases()
    with pytest.raises(NotFoundError):
        service(a_title("t1", maturity=17), leases=leases, maturity_ceiling=8).start(ASKER, "t1")
    assert leases.stored == {}


def test_two_screens_that_start_at_once_do_not_both_get_the_last_place():
    leases = FakeLeases(lose_races=2)
    with pytest.raises(StreamLimitError):
        service(leases=leases).start(ASKER, "t1", "screen-1")


def test_the_place_is_another_accounts_to_take():
    leases = FakeLeases()
    playing = service(leases=leases)
    playing.start(ASKER, "t1", "screen-1")
    with pytest.raises(NotFoundError):
        playing.stop(Asker("account-2", "p1", NOW), "screen-1")
    assert "screen-1" in leases.stored[ACCOUNT].leases
