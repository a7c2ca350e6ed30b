import pytest

from schemas.errors import NotFoundError, ProfileLimitError, VersionConflictError
from schemas.profiles import MAX_PROFILES, NewProfile, ProfileChange
from services.profiles import ProfileService
from tests.unit.services.fakes import (
    ACCOUNT,
    NOW,
    FakeProfiles,
    FakeViewing,
    a_profile,
    profiles_of,
    seen,
)

ADA = NewProfile(name="Ada", maturity_ceiling=8)


def service(profiles=None, viewing=None):
    ids = iter(f"new{n}" for n in range(100))
    return ProfileService(
        profiles=FakeProfiles() if profiles is None else profiles,
        viewing=viewing or FakeViewing(),
        new_id=lambda: next(ids),
    )


def test_a_profile_is_created_for_its_account():
    profiles = FakeProfiles()
    made = service(profiles).create(ACCOUNT, ADA, now=NOW)
    assert (made.name, made.maturity_ceiling, made.created_at) == ("Ada", 8, NOW)
    assert profiles.get(ACCOUNT, made.profile_id) == made


def test_one_profile_too_many_is_refused():
    full = profiles_of(*(a_profile(f"p{n}") for n in range(MAX_PROFILES)))
    with pytest.raises(ProfileLimitError, match="at most 5"):
        service(full).create(ACCOUNT, ADA, now=NOW)


def test_another_accounts_profiles_dont_count():
    full = profiles_of(*(a_profile(f"p{n}") for n in range(MAX_PROFILES)))
    assert service(full).create("account-2", ADA, now=NOW)


def test_two_at_once_do_not_exceed_the_limit():
    profiles = profiles_of(*(a_profile(f"p{n}") for n in range(MAX_PROFILES - 1)))
    profiles.lose_races = 1  # somebody adds the fifth between our look and our write
    with pytest.raises(ProfileLimitError):
        service(profiles).create(ACCOUNT, ADA, now=NOW)
    assert len(profiles.of_account(ACCOUNT).profiles) == MAX_PROFILES


def test_a_lost_race_with_room_left_is_tried_again():
    profiles = FakeProfiles(lose_races=1)
    service(profiles).create(ACCOUNT, ADA, now=NOW)
    assert len(profiles.of_account(ACCOUNT).profiles) == 2


def test_races_without_end_are_given_up():
    class Contended(FakeProfiles):
        def add(self, account_id, profile, *, revision):
            raise VersionConflictError("raced")

    with pytest.raises(VersionConflictError, match="try again"):
        service(Contended()).create(ACCOUNT, ADA, now=NOW)


@pytest.mark.parametrize("action", ["get", "change", "delete", "export"])
def test_another_accounts_profile_is_not_found(action):
    more = {
        "change": {"wish": ProfileChange(name="Eve")},
        "delete": {"now": NOW},
        "export": {"now": NOW},
    }
    viewing = FakeViewing({("p1", "t1"): seen("t1")})
    with pytest.raises(NotFoundError):
        getattr(service(profiles_of(), viewing), action)("account-2", "p1", **more.get(action, {}))
    assert viewing.stored


def test_a_change_leaves_the_rest():
    profiles = profiles_of(a_profile(country="FR"))
    changed = service(profiles).change(ACCOUNT, "p1", ProfileChange(name="Bo"))
    assert (changed.name, changed.country) == ("Bo", "FR")


def test_deleting_leaves_nothing():
    profiles = profiles_of()
    viewing = FakeViewing({("p1", "t1"): seen("t1"), ("p2", "t1"): seen("t1")})
    service(profiles, viewing).delete(ACCOUNT, "p1", now=NOW)
    assert not profiles.stored
    assert list(viewing.stored) == [("p2", "t1")]


def test_deleting_that_was_interrupted_is_finished_by_asking_again():
    class Interrupted(FakeViewing):
        def forget(self, profile_id, *, now):
            super().forget(profile_id, now=now)
            self.forget = lambda profile_id, *, now: super(Interrupted, self).forget(
                profile_id, now=now
            )
            raise TimeoutError

    profiles, viewing = profiles_of(), Interrupted({("p1", "t1"): seen("t1")})
    with pytest.raises(TimeoutError):
        service(profiles, viewing).delete(ACCOUNT, "p1", now=NOW)
    service(profiles, viewing).delete(ACCOUNT, "p1", now=NOW)
    assert not profiles.stored


def test_what_a_consumer_wrote_while_deleting_goes_too():
    class Racing(FakeProfiles):
        def remove(self, account_id, profile_id):
            viewing.stored["p1", "t9"] = seen("t9")
            super().remove(account_id, profile_id)

    viewing = FakeViewing()
    service(Racing(profiles_of().stored), viewing).delete(ACCOUNT, "p1", now=NOW)
    assert not viewing.stored


def test_the_export_holds_all():
    viewing = FakeViewing({("p1", "t2"): seen("t2"), ("p1", "t1"): seen("t1")})
    export = service(profiles_of(), viewing).export(ACCOUNT, "p1", now=NOW)
    assert export.profile.profile_id == "p1"
    assert [(w.title_id, w.completed_at) for w in export.viewing] == [
        ("t1", NOW - 10),
        ("t2", NOW - 10),
    ]
