"""The words that the generated catalogue is made of, read from ``sample_words.json``.

Places and surnames are coined of two parts, and every title carries one of them, so that no
generated title is a real one. In a text ``{place}`` and ``{surname}`` are to be filled in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PATH = Path(__file__).with_suffix(".json")


@dataclass(frozen=True, kw_only=True)
class GenreWords:
    """A genre's vocabulary. A plot is "<hero> <quest>. <turn>."; ``ages`` are maturities."""

    names: tuple[str, ...]
    heroes: tuple[str, ...]
    quests: tuple[str, ...]
    turns: tuple[str, ...]
    ages: tuple[int, ...]
    goes_with: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Words:
    """Every genre's vocabulary by name, and the parts of names."""

    genres: Mapping[str, GenreWords]
    place_starts: tuple[str, ...]
    place_ends: tuple[str, ...]
    first_names: tuple[str, ...]
    surname_starts: tuple[str, ...]
    surname_ends: tuple[str, ...]


@cache
def words() -> Words:
    """The words, read once."""
    stored = json.loads(PATH.read_text(encoding="utf-8"))
    genres = {
        genre: GenreWords(**{name: tuple(values) for name, values in lists.items()})
        for genre, lists in stored.pop("genres").items()
    }
    return Words(genres=genres, **{name: tuple(parts) for name, parts in stored.items()})
