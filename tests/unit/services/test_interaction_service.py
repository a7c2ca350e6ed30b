from dataclasses import replace

import pytest

from recommender.history import TitleState
from schemas.errors import NotFoundError, ThrottledError, VersionConflictError
from services.asking import Asker
from services.interactions import InteractionService
from services.ports import StoredState
from tests.unit.services.fakes import (
    ACCOUNT,
    NOW,
    FakeSink,
    FakeTitles,
    FakeViewing,
    a_profile,
    a_title,
    profiles_of,
)

ASKER = Asker(ACCOUNT, "p1", NOW)


def service(*, viewing=None, events=None, ceiling=18, titles=None):
    return InteractionService(
        profiles=profiles_of(a_profile(maturity_ceiling=ceiling)),
        titles=titles or FakeTitles.of(a_title("t1", maturity=17)),
        viewing=viewing if viewing is not None else FakeViewing(),
        events=events if events is not None else FakeSink(),
        new_id=lambda: "event-0001",
    )


def test_a_rating_is_stored_at_once_and_told_to_the_stream():
    viewing, events = FakeViewing(), FakeSink()
    answer = service(viewing=viewing, events=events).rate(ASKER, "t1", 4.5)
    assert (answer.rating, answer.rated_at) == (4.5, NOW)
    assert viewing.get("p1", "t1").state.rating == 4.5
    assert events.taken[0].event.type == "rate"


def test_the_consumers_copy_changes_nothing_more():
    viewing, events = FakeViewing(), FakeSink()
    service(viewing=viewing, events=events).rate(ASKER, "t1", 4.5)
    puts = viewing.puts
    service(viewing=viewing).rate(ASKER, "t1", 4.5)
    assert viewing.puts == puts


def test_a_rating_can_be_taken_back():
    viewing = FakeViewing()
    service(viewing=viewing).rate(ASKER, "t1", 4.5)
    later = Asker(ACCOUNT, "p1", NOW + 1)
    assert service(viewing=viewing).unrate(later, "t1").rating is None


def test_the_list_takes_and_gives():
    viewing = FakeViewing()
    assert service(viewing=viewing).add_to_list(ASKER, "t1").listed
    later = Asker(ACCOUNT, "p1", NOW + 1)
    assert not service(viewing=viewing).take_off_list(later, "t1").listed


@pytest.mark.parametrize("title_id", ["nowhere", "t1"])
def test_a_title_out_of_sight_cant_be_rated(title_id):
    with pytest.raises(NotFoundError) as error:
        service(ceiling=8).rate(ASKER, title_id, 4.0)
    assert error.value.details[0].field == "title_id"


def test_a_rating_of_a_title_that_left_the_catalogue_can_be_taken_back():
    assert service(titles=FakeTitles({"x": None})).unrate(ASKER, "t1").rating is None


def test_a_busy_stream_changes_nothing():
    viewing = FakeViewing()
    with pytest.raises(ThrottledError):
        service(viewing=viewing, events=FakeSink(refuse={"event-0001"})).rate(ASKER, "t1", 4.0)
    assert not viewing.stored


def test_a_lost_race_keeps_both_changes():
    viewing = FakeViewing(lose_races=1)
    service(viewing=viewing).rate(ASKER, "t1", 4.0)
    state = viewing.get("p1", "t1").state
    assert (state.rating, state.dismissed_at) == (4.0, NOW - 1)


def deleting(viewing, *, breaks_off):
    """A service whose profile is deleted after the stream took what was said."""
    profiles = profiles_of()

    class Sink(FakeSink):
        def put(self, envelopes):
            viewing.forget("p1", now=NOW)
            if not breaks_off:
                profiles.remove(ACCOUNT, "p1")
            return super().put(envelopes)

    return replace(service(viewing=viewing, events=Sink()), profiles=profiles)


def test_a_profile_deleted_meanwhile_leaves_nothing():
    viewing = FakeViewing()
    with pytest.raises(NotFoundError):
        deleting(viewing, breaks_off=False).rate(ASKER, "t1", 4.0)
    assert not viewing.stored


def test_a_profile_whose_deletion_broke_off_keeps_its_rating():
    viewing = FakeViewing()
    assert deleting(viewing, breaks_off=True).rate(ASKER, "t1", 4.0).rating == 4.0
    assert list(viewing.stored) == [("p1", "t1")]


def test_races_without_end_are_given_up():
    class Contended(FakeViewing):
        def put(self, account_id, profile_id, state, *, version):
            raise VersionConflictError("raced")

    with pytest.raises(VersionConflictError):
        service(viewing=Contended()).rate(ASKER, "t1", 4.0)


def test_a_late_change_is_answered_with_what_counts():
    newer = StoredState(TitleState(title_id="t1", rating=2.0, rated_at=NOW + 60), 3)
    viewing = FakeViewing({("p1", "t1"): newer})
    assert service(viewing=viewing).rate(ASKER, "t1", 5.0).rating == 2.0


def test_another_accounts_profile_is_not_found():
    with pytest.raises(NotFoundError):
        service().rate(Asker("account-2", "p1", NOW), "t1", 4.0)
