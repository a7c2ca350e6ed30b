import json

import pytest

from recommender.editorial import Boost, Cap, CapKind, EditorialRules, Period, Pin
from schemas.editorial import EditorialDocument
from schemas.errors import InvalidRequestError

TEXT = """{
  "pins": [{"title_id": "t1", "place": 2, "countries": ["SE"], "from": 10, "until": 20}],
  "boosts": [{"genre": "Family", "factor": 1.5}, {"title_ids": ["t2"], "factor": 0.5}],
  "caps": [{"by": "genre", "most": 2, "within": 10}]
}"""


def test_a_document_becomes_the_recommenders_rules():
    assert EditorialDocument.parse(TEXT).rules() == EditorialRules(
        pins=(Pin(title_id="t1", place=2, countries=("SE",), period=Period(start=10.0, end=20.0)),),
        boosts=(Boost(factor=1.5, genre="Family"), Boost(factor=0.5, title_ids=("t2",))),
        caps=(Cap(by=CapKind.GENRE, most=2, within=10),),
    )


def test_what_is_stored_reads_the_same():
    document = EditorialDocument.parse(TEXT)
    assert EditorialDocument.parse(document.text()) == document
    assert json.loads(document.text())["pins"][0]["from"] == "1970-01-01T00:00:10+00:00"


def test_nothing_is_a_document():
    assert EditorialDocument.parse("{}").rules() == EditorialRules()


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("{", "document"),
        ("[]", "document"),
        ("[" * 100_000, "document"),
        (b"\xff", "document"),
        ('{"pin": []}', "pin"),
        ('{"pins": [{"place": 1}]}', "pins[0].title_id"),
        ('{"pins": [{"title_id": "t", "place": 101}]}', "pins[0].place"),
        ('{"pins": [{"title_id": "../t", "place": 1}]}', "pins[0].title_id"),
        ('{"pins": [{"title_id": "t", "place": 1, "countries": ["se"]}]}', "pins[0].countries[0]"),
        ('{"pins": [{"title_id": "t", "place": 1, "from": "soon"}]}', "pins[0].from"),
        ('{"pins": [{"title_id": "t", "place": 1, "from": 2, "until": 2}]}', "pins[0]"),
        ('{"boosts": [{"factor": 2}]}', "boosts[0]"),
        ('{"boosts": [{"factor": 2, "genre": "x", "title_ids": ["t"]}]}', "boosts[0]"),
        ('{"boosts": [{"factor": 0.05, "genre": "x"}]}', "boosts[0].factor"),
        ('{"boosts": [{"factor": NaN, "genre": "x"}]}', "boosts[0].factor"),
        ('{"caps": [{"by": "actor", "most": 1, "within": 2}]}', "caps[0].by"),
        ('{"caps": [{"by": "genre", "most": 0, "within": 2}]}', "caps[0].most"),
    ],
)
def test_a_fault_is_named_by_its_field(text, field):
    with pytest.raises(InvalidRequestError) as error:
        EditorialDocument.parse(text)
    assert [detail.field for detail in error.value.details] == [field]
