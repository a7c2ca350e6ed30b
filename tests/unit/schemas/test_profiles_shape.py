import pytest
from pydantic import ValidationError

from schemas.profiles import NewProfile, Profile, ProfileChange


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "x" * 41}, "name"),
        ({"name": "Ada", "maturity_ceiling": 19}, "maturity_ceiling"),
        ({"name": "Ada", "maturity_ceiling": True}, "maturity_ceiling"),
        ({"name": "Ada", "maturity_ceiling": "18"}, "maturity_ceiling"),
        ({"name": "Ada", "country": "us"}, "country"),
        ({"name": "Ada", "country": "USA"}, "country"),
        ({"name": "Ada", "language": "??"}, "language"),
        ({"name": "Ada", "favourite_genres": ["Drama"] * 11}, "favourite_genres"),
        ({"name": "Ada", "account_id": "somebody-elses"}, "account_id"),
    ],
)
def test_a_bad_field_is_refused(fields, field):
    with pytest.raises(ValidationError) as error:
        NewProfile.model_validate(fields)
    assert error.value.errors()[0]["loc"][0] == field


def test_a_change_of_nothing_is_refused():
    with pytest.raises(ValidationError, match="at least one field"):
        ProfileChange.model_validate({})


def test_a_change_says_only_what_the_request_named():
    change = ProfileChange.model_validate({"country": None, "name": "Bo"})
    assert change.changes() == {"country": None, "name": "Bo"}


@pytest.mark.parametrize("field", ["name", "maturity_ceiling", "language", "favourite_genres"])
def test_only_the_country_can_be_forgotten(field):
    with pytest.raises(ValidationError):
        ProfileChange.model_validate({field: None})


@pytest.mark.parametrize(
    ("own", "of_request", "country"), [("FR", "US", "FR"), (None, "US", "US"), (None, None, None)]
)
def test_the_profiles_country_comes_before_the_requests(own, of_request, country):
    profile = Profile(profile_id="p1", name="Ada", country=own, created_at=0)
    assert profile.viewer(of_request).country == country
