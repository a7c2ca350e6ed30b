"""A data set as arrays: who rated what, how and when, and what is known of the titles.

Viewers and titles are numbered from 0 here; ``viewer_ids`` and ``title_ids`` hold what the file
calls them.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

LIKED = 4.0
"""Ratings from here on are relevant: what a list is asked to find."""


@dataclass(frozen=True)
class Ratings:
    """``viewers``, ``titles`` (numbers), ``values`` (1 to 5) and ``times`` (Unix seconds, NaN
    where unknown), each [n]."""

    viewers: Ints
    titles: Ints
    values: Floats
    times: Floats

    def __len__(self) -> int:
        return len(self.viewers)

    def take(self, chosen: Bools | Ints) -> Ratings:
        """The rows that ``chosen``, a mask or row numbers, names; always a copy."""
        columns = (self.viewers, self.titles, self.values, self.times)
        return Ratings(*(column[chosen].copy() for column in columns))

    @property
    def liked(self) -> Bools:
        """[n], whether the rating is relevant."""
        return self.values >= LIKED

    @staticmethod
    def empty() -> Ratings:
        """No rating at all."""
        return Ratings(
            np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float64), np.zeros(0)
        )

    @staticmethod
    def joined(*parts: Ratings) -> Ratings:
        """All ``parts``, one after the other."""
        return Ratings(
            np.concatenate([part.viewers for part in parts]),
            np.concatenate([part.titles for part in parts]),
            np.concatenate([part.values for part in parts]),
            np.concatenate([part.times for part in parts]),
        )


@dataclass(frozen=True)
class Tags:
    """Words that viewers put on titles: numbers, Unix seconds and the ``words``, each [n]."""

    viewers: Ints
    titles: Ints
    times: Floats
    words: tuple[str, ...]

    def take(self, chosen: Bools) -> Tags:
        """The rows of the mask ``chosen``."""
        words = tuple(word for word, kept in zip(self.words, chosen, strict=True) if kept)
        return Tags(self.viewers[chosen], self.titles[chosen], self.times[chosen], words)

    @staticmethod
    def empty() -> Tags:
        """No tag at all."""
        return Tags(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), ())


@dataclass(frozen=True, kw_only=True)
class Item:
    """What is known of a title before anybody watched it."""

    title: str
    year: int | None = None
    genres: tuple[str, ...] = ()
    directors: tuple[str, ...] = ()
    writers: tuple[str, ...] = ()
    cast: tuple[str, ...] = ()
    plot: str = ""


@dataclass(frozen=True)
class DataSet:
    """``items`` and ``title_ids`` are by title number, ``viewer_ids`` by viewer number."""

    name: str
    ratings: Ratings
    tags: Tags
    items: tuple[Item, ...]
    viewer_ids: tuple[Hashable, ...]
    title_ids: tuple[Hashable, ...]

    def only(self, ratings: Ratings, tags: Tags) -> DataSet:
        """The same viewers and titles with less known of them."""
        return replace(self, ratings=ratings, tags=tags)


def pairs(viewers: Ints, titles: Ints) -> Ints:
    """One number for each (viewer, title): equal where both are equal."""
    return (viewers << 32) | titles
