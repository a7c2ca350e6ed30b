"""A catalogue and viewers out of nothing: invented titles, and ratings by planted tastes.

The same seed gives the same data. Viewers come in groups, each with a genre it loves, one it
likes and favourite directors, so that a recommender that works can be told from one that
does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recommender.catalogue import Title
from recommender.history import Signal, SignalKind
from scripts.importers import ImportedData
from scripts.importers.sample_words import FIRST_NAMES, GENRES, LAST_NAMES, Genre

SEED = 20_261_123
TITLES = 320
VIEWERS = 400
ACTORS = 120
DIRECTORS = 40
UNCLASSIFIED_SHARE = 0.03
END = 1_790_000_000.0  # the newest rating, Unix seconds
TWO_YEARS = 2 * 365 * 86_400.0
# (loves, likes): the planted tastes, by genre.
TASTES = (
    ("Crime", "Thriller"),
    ("Sci-Fi", "Adventure"),
    ("Romance", "Drama"),
    ("Documentary", "Drama"),
    ("Horror", "Thriller"),
    ("Comedy", "Romance"),
    ("Children", "Fantasy"),
    ("Western", "Crime"),
)


@dataclass(frozen=True)
class _Person:
    name: str
    genres: tuple[str, ...]


def generate(*, seed: int = SEED, titles: int = TITLES, viewers: int = VIEWERS) -> ImportedData:
    """``titles`` titles, and the ratings of ``viewers`` viewers over two years."""
    rng = np.random.default_rng(seed)
    people = _people(rng, ACTORS + DIRECTORS)
    catalogue = _titles(rng, titles, people[:ACTORS], people[ACTORS:])
    interactions = [
        (f"sample-{number:03d}", signal)
        for number in range(viewers)
        for signal in _ratings(rng, catalogue, TASTES[number % len(TASTES)])
    ]
    return ImportedData(titles=tuple(catalogue), interactions=tuple(interactions))


def _people(rng: np.random.Generator, count: int) -> list[_Person]:
    """Distinct invented people; each works in two genres."""
    pairs = [(first, last) for first in FIRST_NAMES for last in LAST_NAMES]
    names = [" ".join(pairs[index]) for index in rng.permutation(len(pairs))[:count]]
    known = [genre.name for genre in GENRES]
    # Round robin for the first genre, so that every genre has its own.
    return [
        _Person(name, (known[place % len(known)], str(rng.choice(known))))
        for place, name in enumerate(names)
    ]


def _titles(
    rng: np.random.Generator, count: int, actors: Sequence[_Person], directors: Sequence[_Person]
) -> list[Title]:
    made: list[Title] = []
    names: set[str] = set()
    for number in range(count):
        main = GENRES[number % len(GENRES)]
        other = GENRES[int(rng.integers(len(GENRES)))]
        genres = (main.name,) if other is main or rng.random() < 0.3 else (main.name, other.name)
        name = _name(rng, main, names)
        names.add(name)
        unclassified = rng.random() < UNCLASSIFIED_SHARE
        made.append(
            Title(
                title_id=f"t{number + 1:04d}",
                name=name,
                year=int(1968 + 58 * rng.beta(3, 1)),
                genres=genres,
                cast=_of_genre(rng, actors, main, 4),
                directors=_of_genre(rng, directors, main, 1),
                plot=f"{rng.choice(main.heroes)} {rng.choice(main.troubles)}. "
                f"{rng.choice((main if rng.random() < 0.7 else other).turns)}",
                maturity=None if unclassified else int(rng.choice(main.maturities)),
            )
        )
    return made


def _name(rng: np.random.Generator, genre: Genre, taken: set[str]) -> str:
    """A name that no other title has; sequels where the words run out."""
    name = f"The {rng.choice(genre.adjectives)} {rng.choice(genre.nouns)}"
    candidate, part = name, 1
    while candidate in taken:
        part += 1
        candidate = f"{name} {part}"
    return candidate


def _of_genre(
    rng: np.random.Generator, people: Sequence[_Person], genre: Genre, count: int
) -> tuple[str, ...]:
    leaning = [3.0 if genre.name == p.genres[0] else 1.0 if genre.name in p.genres else 0.02
               for p in people]  # fmt: skip
    weights = np.array(leaning) / sum(leaning)
    chosen = rng.choice(len(people), size=count, replace=False, p=weights)
    return tuple(people[index].name for index in chosen)


def _ratings(
    rng: np.random.Generator, catalogue: Sequence[Title], taste: tuple[str, str]
) -> list[Signal]:
    """What one viewer rated: mostly what the taste leads to, some of what everybody watches."""
    loved, liked = taste
    directors = {title.directors[0] for title in catalogue if loved in title.genres}
    favourites = set(rng.choice(sorted(directors), size=min(3, len(directors)), replace=False))
    fit = np.array(
        [
            2.0 * (loved == title.genres[0])
            + 1.2 * (loved in title.genres[1:])
            + 0.9 * (liked in title.genres)
            + 0.8 * (title.directors[0] in favourites)
            for title in catalogue
        ]
    )
    hype = 1.0 / (1.0 + np.argsort(np.argsort(_hype(catalogue)))) ** 0.5
    weights = (0.1 + fit) * hype
    count = int(np.clip(rng.lognormal(3.4, 0.4), 12, 120))
    seen = rng.choice(len(catalogue), size=count, replace=False, p=weights / weights.sum())
    stars = np.clip(np.round(2 * (2.2 + fit[seen] + rng.normal(0, 0.6, count))) / 2, 0.5, 5.0)
    times = np.sort(END - TWO_YEARS * rng.random(count))
    return [
        Signal(
            title_id=catalogue[index].title_id,
            kind=SignalKind.RATE,
            occurred_at=float(int(time)),
            value=float(star),
        )
        for index, star, time in zip(seen, stars, times, strict=True)
    ]


def _hype(catalogue: Sequence[Title]) -> list[int]:
    """An order of the titles that everybody agrees on and that no taste explains."""
    return [int(title.title_id[1:]) * 7919 % 1009 for title in catalogue]
