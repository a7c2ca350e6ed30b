"""A generated catalogue with viewers of planted tastes: what the demo and the tests run on.

Everything is invented, and drawn from one seed: the same seed gives the same data. Viewers
belong to a taste group (:data:`TASTES`) and lean to its genres, to a genre of their own and to
a few directors and actors; what they pick is skewed to popular titles, what they rate is taste,
the title's quality and noise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recommender.catalogue import Title
from recommender.history import Signal, SignalKind
from scripts.importers import ImportedData, sample_titles, sample_words
from scripts.importers.sample_titles import make_people, make_titles

# The files that decide the data: equal files, equal data.
SOURCES = tuple(
    Path(file)
    for file in (__file__, sample_titles.__file__, sample_words.__file__, sample_words.PATH)
)
SEED = 20_261
TITLES = 320
VIEWERS = 400
END = 1_790_812_800.0  # 1 October 2026, 00:00 UTC: a fixed date, so that data never changes
SPAN = 2 * 365 * 86_400.0
NEW_SHARE = 0.25  # of the titles, which join the catalogue within the span

TASTES: Mapping[str, Mapping[str, float]] = {
    "crime": {"Crime": 1.0, "Thriller": 0.5, "Mystery": 0.3, "Family": -0.8},
    "family": {"Family": 1.0, "Animation": 0.8, "Comedy": 0.2, "Horror": -1.0},
    "sci-fi": {"Sci-Fi": 1.0, "Action": 0.5, "Fantasy": 0.2, "Romance": -0.6},
    "romance": {"Romance": 1.0, "Drama": 0.5, "Comedy": 0.4, "Horror": -0.8},
    "documentary": {"Documentary": 1.0, "Drama": 0.4, "Mystery": 0.2, "Action": -0.6},
    "horror": {"Horror": 1.0, "Thriller": 0.4, "Fantasy": 0.2, "Family": -0.6},
    "comedy": {"Comedy": 1.0, "Romance": 0.4, "Animation": 0.2, "Documentary": -0.5},
    "fantasy": {"Fantasy": 1.0, "Animation": 0.4, "Action": 0.3, "Crime": -0.5},
}
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Catalogue:
    titles: Sequence[Title]
    quality: Numbers  # stars above or below the usual
    reach: Numbers  # how well known, above 0
    added: Numbers  # Unix seconds


def generate(seed: int = SEED, *, titles: int = TITLES, viewers: int = VIEWERS) -> ImportedData:
    """A catalogue of ``titles`` and the ratings of ``viewers`` over two years up to ``END``."""
    rng = np.random.default_rng(seed)
    directors, actors = make_people(rng)
    catalogue = _catalogue(make_titles(rng, titles, directors, actors, until=END), rng)
    interactions: list[tuple[str, Signal]] = []
    for number in range(viewers):
        viewer_id = f"sample-{taste_of(number)}-{number:03d}"
        affinity = _affinity(TASTES[taste_of(number)], catalogue.titles, rng)
        interactions.extend((viewer_id, rating) for rating in _ratings(catalogue, affinity, rng))
    return ImportedData(titles=tuple(catalogue.titles), interactions=tuple(interactions))


def taste_of(number: int) -> str:
    """The taste group of viewer ``number``: they take turns."""
    return list(TASTES)[number % len(TASTES)]


def _catalogue(titles: Sequence[Title], rng: np.random.Generator) -> _Catalogue:
    count = len(titles)
    added = np.full(count, END - SPAN)
    new = rng.permutation(count)[: int(NEW_SHARE * count)]
    added[new] = END - SPAN * rng.random(len(new))
    return _Catalogue(titles, rng.normal(0, 0.45, count), rng.lognormal(0, 0.9, count), added)


def _affinity(
    taste: Mapping[str, float], titles: Sequence[Title], rng: np.random.Generator
) -> Numbers:
    """How much one viewer is drawn to each title: about -1 to 2."""
    leaning = dict(taste)
    others = sorted({genre for title in titles for genre in title.genres} - set(taste))
    leaning[str(rng.choice(others))] = 0.4
    at_home = [title for title in titles if leaning.get(title.genres[0], 0) >= 1]
    named = [name for title in at_home for name in title.directors]
    starring = [name for title in at_home for name in title.cast]
    favourites = {str(name) for name in rng.choice(named, 2)} if named else set()
    favourites |= {str(name) for name in rng.choice(starring, 3)} if starring else set()
    affinity = np.empty(len(titles))
    for number, title in enumerate(titles):
        weights = [leaning.get(genre, 0.0) for genre in title.genres]
        people = favourites.intersection((*title.directors, *title.cast))
        affinity[number] = 0.7 * weights[0] + 0.3 * sum(weights) / len(weights) + 0.35 * len(people)
    return affinity


def _ratings(catalogue: _Catalogue, affinity: Numbers, rng: np.random.Generator) -> list[Signal]:
    """One viewer's ratings, oldest first; titles not added yet at the time are passed over."""
    count = int(np.clip(rng.lognormal(3.9, 0.4), 15, 120))
    start = END - SPAN * rng.uniform(0.15, 1.0)
    times = np.sort(rng.uniform(start, END, count))
    pull = np.log(catalogue.reach) + 1.8 * affinity + rng.gumbel(size=len(affinity))
    ratings = []
    waiting = list(np.argsort(-pull))[: count + count // 3]
    for time in times:
        for number in waiting:
            if catalogue.added[number] <= time:
                waiting.remove(number)
                taste = 3.2 + 1.1 * affinity[number] + catalogue.quality[number]
                stars = np.clip(np.round(2 * (taste + rng.normal(0, 0.5))) / 2, 0.5, 5)
                ratings.append(_rating(catalogue.titles[number], float(stars), float(time)))
                break
    return ratings


def _rating(title: Title, stars: float, time: float) -> Signal:
    when = float(int(time))
    return Signal(title_id=title.title_id, kind=SignalKind.RATE, value=stars, occurred_at=when)
