"""The exchange files: what is written is read, and what is wrong is named."""

import gzip
import json

import pytest

from recommender import ExchangeFormatError, Signal, SignalKind, Title
from recommender.catalogue import Terms
from recommender.exchange import (
    INTERACTION_COLUMNS,
    read_interactions,
    read_titles,
    write_interactions,
    write_titles,
)

HEADER = ",".join(INTERACTION_COLUMNS)


def packed(path, *lines):
    path.write_bytes(gzip.compress("".join(f"{line}\n" for line in lines).encode()))
    return path


def card(**fields):
    return json.dumps({"title_id": "t", "name": "T", **fields})


def test_titles_come_back_as_they_were(tmp_path, data):
    path = tmp_path / "titles.jsonl.gz"
    odd = Title(title_id="é", name='A "quoted", name\n', year=1999, available_from=1.5, maturity=0)
    assert write_titles(path, [*data.titles, odd]) == len(data.titles) + 1
    assert list(read_titles(path)) == [*data.titles, odd]


def test_what_holds_in_some_countries_comes_back(tmp_path):
    path = tmp_path / "titles.jsonl.gz"
    terms = (Terms(country="DE", maturity=6, available_from=1.5), Terms(country="*"))
    title = Title(title_id="t", name="T", maturity=18, terms=terms)
    write_titles(path, [title])
    assert list(read_titles(path)) == [title]


@pytest.mark.parametrize(
    "terms",
    [
        {},
        [{}],
        [1],
        [{"country": 1}],
        [{"country": "DE", "maturity": "6"}],
        [{"country": "DE", "available_from": True}],
        [{"country": "DE", "year": 1}],
    ],
)
def test_terms_that_are_none_are_refused(tmp_path, terms):
    path = packed(tmp_path / "titles.jsonl.gz", card(terms=terms))
    with pytest.raises(ExchangeFormatError, match="line 1"):
        list(read_titles(path))


def test_interactions_come_back_as_they_were(tmp_path):
    path = tmp_path / "interactions.csv.gz"
    rows = [
        ("v,1", Signal(title_id="t", kind=SignalKind.RATE, occurred_at=1.25, value=4.5)),
        ("v\n2", Signal(title_id="t", kind=SignalKind.RATE, occurred_at=2, value=None)),
        (
            "v3",
            Signal(
                title_id="t",
                kind=SignalKind.POSITION,
                occurred_at=3e9,
                value=0.1,
                duration_seconds=60.0,
            ),
        ),
    ]
    assert write_interactions(path, rows) == 3
    assert list(read_interactions(path)) == rows


def test_the_same_content_gives_the_same_bytes(tmp_path, data):
    one, other = tmp_path / "one.jsonl.gz", tmp_path / "other.jsonl.gz"
    write_titles(one, data.titles)
    write_titles(other, data.titles)
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize(
    ("line", "field", "says"),
    [
        ("{", None, "not JSON"),
        ("[]", None, "one JSON object"),
        (card(name=""), "name", "not empty"),
        ('{"name": "T"}', "title_id", "not empty"),
        (card(genres="Crime"), "genres", "list of texts"),
        (card(cast=[1]), "cast", "list of texts"),
        (card(year="1999"), "year", "whole number"),
        (card(maturity=True), "maturity", "whole number"),
        (card(available_from="soon"), "available_from", "Unix seconds"),
        (card(plot=None), "plot", "must be a text"),
        (card(colour="red"), "colour", "not a field"),
    ],
)
def test_a_bad_title_names_file_line_and_field(tmp_path, line, field, says):
    path = packed(tmp_path / "titles.jsonl.gz", card(), line)
    with pytest.raises(ExchangeFormatError, match=says) as caught:
        list(read_titles(path))
    assert (caught.value.file, caught.value.line, caught.value.field) == (str(path), 2, field)
    assert f"{path}, line 2" in str(caught.value)


@pytest.mark.parametrize(
    ("line", "field", "says"),
    [
        ("v,t,rate,4", None, "4 columns where 6"),
        (",t,rate,4,1,", "viewer_id", "not be empty"),
        ("v,,rate,4,1,", "title_id", "not be empty"),
        ("v,t,praise,4,1,", "kind", "'praise' is none of position"),
        ("v,t,rate,much,1,", "value", "not a number"),
        ("v,t,rate,9,1,", "value", "0.5 to 5"),
        ("v,t,position,,1,", "value", "must be given"),
        ("v,t,complete,,,", "occurred_at", "not be empty"),
        ("v,t,complete,,nan,", "occurred_at", "finite"),
        ("v,t,position,1,1,inf", "duration_seconds", "finite"),
    ],
)
def test_a_bad_interaction_names_file_line_and_field(tmp_path, line, field, says):
    path = packed(tmp_path / "interactions.csv.gz", HEADER, "v,t,complete,,1,", line)
    with pytest.raises(ExchangeFormatError, match=says) as caught:
        list(read_interactions(path))
    assert (caught.value.file, caught.value.line, caught.value.field) == (str(path), 3, field)


@pytest.mark.parametrize("lines", [(), ("viewer,title",)])
def test_another_header_is_refused(tmp_path, lines):
    path = packed(tmp_path / "interactions.csv.gz", *lines)
    with pytest.raises(ExchangeFormatError, match="header") as caught:
        list(read_interactions(path))
    assert caught.value.line == 1


@pytest.mark.parametrize("read", [read_titles, read_interactions])
def test_damaged_gzip_is_named(tmp_path, read, data):
    path = tmp_path / "cut.gz"
    lines = [card()] * 500 if read is read_titles else [HEADER, *["v,t,complete,,1,"] * 500]
    whole = packed(path, *lines).read_bytes()
    for content in (whole[: len(whole) // 2], b"plain text\n", whole[:-3]):
        path.write_bytes(content)
        with pytest.raises(ExchangeFormatError, match="damaged gzip"):
            list(read(path))


def test_text_that_is_not_utf8_is_named(tmp_path):
    path = tmp_path / "titles.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"title_id": "\xff"}\n'))
    with pytest.raises(ExchangeFormatError, match="not UTF-8"):
        list(read_titles(path))
