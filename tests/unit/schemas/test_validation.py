import pytest

from schemas.errors import Detail
from schemas.validation import details_of, field_of


@pytest.mark.parametrize(
    ("location", "field"),
    [
        (("body", "events", 3, "rating"), "events[3].rating"),
        (("query", "limit"), "limit"),
        (("path", "title_id"), "title_id"),
        (("body",), "body"),
        ((), "body"),
        (("rate", "rating"), "rate.rating"),
    ],
)
def test_a_field_is_named_as_the_client_wrote_it(location, field):
    assert field_of(location) == field


def test_the_branch_of_a_union_is_not_a_field():
    assert field_of(("rate", "rating"), drop={"rate"}) == "rating"


def test_equal_details_are_said_once():
    fault = {"loc": ("body", "name"), "type": "missing", "msg": "Field required"}
    assert details_of([fault, fault]) == [Detail("name", "is required")]


def test_a_flood_of_faults_is_cut():
    faults = [{"loc": ("body", i), "type": "missing", "msg": ""} for i in range(1000)]
    assert len(details_of(faults)) == 50
