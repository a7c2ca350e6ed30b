"""Titles and people of the generated catalogue, drawn from the words of ``sample_words``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np

from recommender.catalogue import Title
from scripts.importers.sample_words import words

DIRECTORS = 40
ACTORS = 120
LOYALTY = 0.8  # how often a title's people are those of its genre
UNCLASSIFIED_SHARE = 0.04
REGIONAL_SHARE = 0.03
REGIONS = (("AT", "CH", "DE"), ("CA", "US"), ("GB", "IE"))
_YEAR = 365 * 86_400.0
People = Mapping[str, Sequence[str]]  # names by genre


def make_people(rng: np.random.Generator) -> tuple[People, People]:
    """Directors and actors by the genres they work in; each has two, nobody is both."""
    names: list[str] = []
    while len(names) < DIRECTORS + ACTORS:
        name = f"{rng.choice(words().first_names)} {_surname(rng)}"
        if name not in names:
            names.append(name)
    return _by_genre(names[:DIRECTORS], rng), _by_genre(names[DIRECTORS:], rng)


def make_titles(
    rng: np.random.Generator, count: int, directors: People, actors: People, *, until: float
) -> list[Title]:
    """``count`` titles, genres in turn; nothing has been made after ``until`` (Unix seconds)."""
    taken: set[str] = set()
    latest = datetime.fromtimestamp(until, UTC).year
    titles = []
    for number in range(count):
        genre = _in_turn(number)
        genres = _genres(genre, rng)
        gone = until - _YEAR / 4 if number % 97 == 96 else None
        titles.append(
            Title(
                title_id=f"mq-{number + 1:04d}",
                name=_name(genre, taken, rng),
                year=latest - min(int(rng.exponential(12)), 60),
                genres=genres,
                cast=_cast(genres, actors, rng),
                directors=_directors(genre, directors, rng),
                plot=_plot(genres, rng),
                maturity=_maturity(genres, rng),
                available_until=gone,
                countries=_countries(rng),
            )
        )
    return titles


def _in_turn(number: int) -> str:
    genres = list(words().genres)
    return genres[number % len(genres)]


def _by_genre(names: Sequence[str], rng: np.random.Generator) -> People:
    people: dict[str, list[str]] = {genre: [] for genre in words().genres}
    for number, name in enumerate(names):
        home = _in_turn(number)
        people[home].append(name)
        second = str(rng.choice(words().genres[home].goes_with))
        if name not in people[second]:
            people[second].append(name)
    return people


def _genres(first: str, rng: np.random.Generator) -> tuple[str, ...]:
    others = rng.choice(
        words().genres[first].goes_with, int(rng.choice([0, 1, 1, 2])), replace=False
    )
    return tuple(dict.fromkeys((first, *(str(genre) for genre in others))))


def _name(genre: str, taken: set[str], rng: np.random.Generator) -> str:
    while True:
        name = _filled(str(rng.choice(words().genres[genre].names)), rng)
        if name not in taken:
            taken.add(name)
            return name


def _plot(genres: Sequence[str], rng: np.random.Generator) -> str:
    first, last = words().genres[genres[0]], words().genres[genres[-1]]
    hero, quest = rng.choice(first.heroes), rng.choice(first.quests)
    return _filled(f"{hero} {quest}. {rng.choice(last.turns)}.", rng)


def _maturity(genres: Sequence[str], rng: np.random.Generator) -> int | None:
    if rng.random() < UNCLASSIFIED_SHARE:
        return None
    # A second genre may raise the age, never lower it: family horror is no family film.
    drawn = int(rng.choice(words().genres[genres[0]].ages))
    return max(drawn, *(min(words().genres[genre].ages) for genre in genres))


def _countries(rng: np.random.Generator) -> tuple[str, ...]:
    if rng.random() >= REGIONAL_SHARE:
        return ()
    return REGIONS[int(rng.integers(len(REGIONS)))]


def _directors(genre: str, directors: People, rng: np.random.Generator) -> tuple[str, ...]:
    at = genre if rng.random() < LOYALTY else str(rng.choice(words().genres[genre].goes_with))
    return (str(rng.choice(directors[at])),)


def _cast(genres: Sequence[str], actors: People, rng: np.random.Generator) -> tuple[str, ...]:
    everybody = sorted({name for names in actors.values() for name in names})
    cast: dict[str, None] = {}
    for _ in range(int(rng.integers(3, 6))):
        loyal = rng.random() < LOYALTY
        names = actors[str(rng.choice(genres))] if loyal else everybody
        cast[str(rng.choice(names))] = None
    return tuple(cast)


def _filled(text: str, rng: np.random.Generator) -> str:
    place = f"{rng.choice(words().place_starts)}{rng.choice(words().place_ends)}"
    return text.format(place=place, surname=_surname(rng))


def _surname(rng: np.random.Generator) -> str:
    return f"{rng.choice(words().surname_starts)}{rng.choice(words().surname_ends)}"
