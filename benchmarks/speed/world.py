"""A made world of any size: long-tailed titles with people and plots, viewers with tastes.

Everything is drawn by numpy in bulk from a seed, so that 25 million ratings take seconds and
are the same every time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommender.catalogue import Title
from recommender.histories import Histories

NOW = 1_760_000_000.0
_YEARS = 3.0 * 365 * 86_400
_TASTES = 60
_SAMPLE = 2_000  # viewers
_GENRES = (
    *("Action", "Adventure", "Animation", "Comedy", "Crime", "Documentary", "Drama", "Family"),
    *("Fantasy", "Film-Noir", "History", "Horror", "Music", "Mystery", "Romance", "Sci-Fi"),
    *("Sport", "Thriller", "War", "Western"),
)
_COUNTRIES = ("BR", "DE", "ES", "FR", "GB", "IN", "JP", "KR", "MX", "US")
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class World:
    """Titles and what viewers did with them; ``ratings`` is how many pairs there are."""

    titles: tuple[Title, ...]
    histories: Histories

    @property
    def ratings(self) -> int:
        """How many pairs of viewer and title there are."""
        return len(self.histories.titles)


def world(*, titles: int, viewers: int, mean_length: float, seed: int = 1) -> World:
    """``viewers`` with about ``mean_length`` titles each, a few with many more."""
    rng = np.random.default_rng(seed)
    tastes = rng.integers(0, _TASTES, titles)
    histories = _histories(rng, tastes, viewers, mean_length)
    return World(_titles(rng, tastes), histories)


def viewers_for(interactions: int, *, titles: int, mean_length: float) -> int:
    """How many viewers it takes for about so many ``interactions``, by a sample of them.

    Fewer titles are left of a viewer than were drawn, since nobody counts a title twice.
    """
    rng = np.random.default_rng(0)
    sample = _histories(rng, rng.integers(0, _TASTES, titles), _SAMPLE, mean_length)
    return max(1, round(interactions * _SAMPLE / len(sample.titles)))


def _histories(
    rng: np.random.Generator, tastes: npt.NDArray[np.int64], viewers: int, mean_length: float
) -> Histories:
    titles = len(tastes)
    # Zipf's tail, flattened at the head as catalogues are: the best known by a fifth of all.
    fame = 1 / (np.arange(titles) + 30.0) ** 1.05
    rng.shuffle(fame)
    lengths = np.maximum(rng.lognormal(np.log(mean_length) - 0.5, 1.0, viewers), 3).astype(int)
    lengths = np.minimum(lengths, titles // 8)
    viewer = np.repeat(np.arange(viewers, dtype=np.int32), lengths)
    own = rng.integers(0, _TASTES, (viewers, 3))
    # Half of what is watched is of the viewer's own three tastes, the rest what all watch.
    place = rng.choice(4, len(viewer), p=(0.3, 0.15, 0.1, 0.45)).astype(np.int8)
    taste = np.where(place < 3, own[viewer, np.minimum(place, 2)], -1).astype(np.int16)
    title = np.empty(len(viewer), dtype=np.int32)
    for kind in range(-1, _TASTES):
        members = np.arange(titles) if kind < 0 else np.flatnonzero(tastes == kind)
        here = taste == kind
        chances = np.cumsum(fame[members])
        drawn = np.searchsorted(chances, rng.random(int(here.sum())) * chances[-1])
        title[here] = members[np.minimum(drawn, len(members) - 1)]
    pairs = np.unique(viewer.astype(np.int64) * titles + title)
    viewer, title = (pairs // titles).astype(np.int32), (pairs % titles).astype(np.int32)
    liked = (tastes[title][:, None] == own[viewer]).any(axis=1)
    stars = rng.normal(3.4, 0.9, len(title)) + 0.7 * liked
    counts = np.bincount(viewer, minlength=viewers)
    return Histories(
        [f"v{number:08d}" for number in range(viewers)],
        [f"t{number:06d}" for number in range(titles)],
        np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
        title,
        {
            "rating": (np.clip(np.rint(stars * 2), 1, 10) / 2).astype(np.float32),
            "rated_at": NOW - _YEARS * rng.random(len(title)) ** 1.5,
        },
    )


def _titles(rng: np.random.Generator, tastes: npt.NDArray[np.int64]) -> tuple[Title, ...]:
    people = [f"{a} {b}" for a in _names(rng, 300) for b in _names(rng, 120)]
    words = _names(rng, 16_000)
    cards = []
    for number, taste in enumerate(tastes.tolist()):
        genres = rng.choice(len(_GENRES), int(rng.integers(1, 4)), replace=False)
        genres[0] = taste % len(_GENRES)
        cards.append(
            Title(
                title_id=f"t{number:06d}",
                name=" ".join(_some(rng, words, 2, taste)).title(),
                year=int(2026 - 60 * rng.random() ** 2),
                genres=tuple(sorted({_GENRES[genre] for genre in genres})),
                cast=tuple(dict.fromkeys(_some(rng, people, 10, taste))),
                directors=tuple(_some(rng, people, 1, taste)),
                plot=" ".join(_some(rng, words, 45, taste)),
                maturity=int(rng.choice((0, 6, 12, 16, 18))),
                countries=tuple(sorted(rng.choice(_COUNTRIES, 6, replace=False).tolist()))
                if rng.random() < 0.3
                else (),
            )
        )
    return tuple(cards)


def _some(rng: np.random.Generator, values: list[str], count: int, taste: int) -> list[str]:
    """Long-tailed draws of ``values``, a third of them of the title's own taste."""
    places = (len(values) * rng.random(count) ** 3).astype(int)
    width = len(values) // _TASTES
    own = taste * width + (width * rng.random(count) ** 2).astype(int)
    return [values[place] for place in np.where(rng.random(count) < 1 / 3, own, places)]


def _names(rng: np.random.Generator, count: int) -> list[str]:
    parts = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "ar", "en", "il")]
    lengths = rng.integers(2, 5, count * 2)
    made = ("".join(rng.choice(parts, length)) for length in lengths)
    names = list(dict.fromkeys(made))
    while len(names) < count:
        names.append(f"{names[len(names) % 97]}{names[len(names) % 89]}{len(names)}")
    return names[:count]
