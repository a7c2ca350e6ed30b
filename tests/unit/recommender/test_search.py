import pytest

from recommender import Title, TitleState, UnknownTitleError, Viewer
from recommender.training import fit

TITLES = [
    Title(title_id="a", name="The Ledger of Amélie", directors=("Zora Ling",), maturity=0),
    Title(title_id="b", name="Ledger", genres=("Crime",), maturity=17),
    Title(title_id="c", name="Zora", cast=("Amelie Court",), genres=("Crime",), maturity=0),
    Title(title_id="d", name="Ledgers and Zebras", countries=("DE",), maturity=0),
]


@pytest.fixture(scope="module")
def small():
    likes = {"a": TitleState(title_id="a", rating=4.0, rated_at=1.0)}
    return fit(TITLES, {"v": likes}, version="x", now=2)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("ledger", ["b", "a"]),  # the whole name before a part of one
        ("LEDG", ["b", "a"]),
        ("amelie", ["a", "c"]),  # a name before people, accents folded
        ("zora", ["c", "a"]),
        ("zora ledger", ["a"]),
        ("crime", ["b", "c"]),
        ("zzz", []),
        ("", []),
        ("!?", []),
    ],
)
def test_words_are_found(small, query, found):
    assert small.search(query, Viewer(), limit=10, now=2) == found


def test_what_may_not_be_played_is_not_found(small):
    child = Viewer(maturity_ceiling=8, country="DE")
    assert small.search("ledger", child, limit=10, now=2) == ["a", "d"]


def test_the_limit_holds(small):
    assert small.search("ledger", Viewer(), limit=1, now=2) == ["b"]
    assert small.search("ledger", Viewer(), limit=0, now=2) == []


def test_similar_to_an_unknown_title_says_which(small):
    with pytest.raises(UnknownTitleError, match="unknown title 'nope'"):
        small.similar("nope", Viewer(), limit=5, now=2)


def test_similar_titles_share_what_the_reason_says(model):
    for title_id in list(model.titles)[:30]:
        asked = model.titles[title_id]
        picks = model.similar(title_id, Viewer(), limit=10, now=1.7e9)
        assert picks
        for pick in picks:
            assert asked.name in pick.reason.text
            card = model.titles[pick.title_id]
            assert set(pick.reason.people) <= {*card.directors, *card.cast}
            assert set(pick.reason.people) <= {*asked.directors, *asked.cast}
