"""Demo viewers are tastes, found in whatever data was imported."""

from __future__ import annotations

from local.viewers import choose
from recommender.catalogue import Title
from recommender.history import Signal, SignalKind


def a_title(number: int, genre: str) -> Title:
    return Title(title_id=f"{genre}-{number}", name=f"{genre} {number}", genres=(genre,))


TITLES = {
    title.title_id: title
    for genre in ("Crime", "Comedy")
    for title in (a_title(number, genre) for number in range(40))
}


def ratings(genre: str, count: int, stars: float) -> list[Signal]:
    return [
        Signal(title_id=f"{genre}-{n}", kind=SignalKind.RATE, occurred_at=float(n), value=stars)
        for n in range(count)
    ]


def test_the_viewer_with_the_largest_share_of_a_genre_stands_for_it():
    signals = {
        "mixed": ratings("Crime", 20, 5.0) + ratings("Comedy", 20, 5.0),
        "fan": ratings("Crime", 18, 5.0) + ratings("Comedy", 5, 4.0),
    }
    assert [(v.genre, v.viewer_id) for v in choose(TITLES, signals)] == [
        ("Crime", "fan"),
        ("Comedy", "mixed"),
    ]


def test_what_was_rated_low_is_no_taste():
    assert choose(TITLES, {"critic": ratings("Crime", 30, 2.0)}) == []


def test_a_few_ratings_are_no_taste():
    assert choose(TITLES, {"newcomer": ratings("Crime", 10, 5.0)}) == []


def test_no_viewer_stands_for_two_genres():
    signals = {"both": ratings("Crime", 20, 5.0) + ratings("Comedy", 20, 5.0)}
    assert len(choose(TITLES, signals)) == 1
