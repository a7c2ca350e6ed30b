"""Read a folder in MovieLens format, the newer one (``.csv``) or that of ML-1M (``.dat``).

``tags.csv`` and ``credits.csv`` are optional. Of ``credits.csv`` (movieId, directors, writers,
cast, names split by ``|``) come the people.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from benchmarks.quality.data import DataSet, Item, Ratings, Tags
from scripts.importers.movielens import NO_GENRES, display_name

Row = Mapping[str, str]


def read(folder: Path) -> DataSet:
    """The ratings, tags and titles of ``folder``; titles nobody rated are in it too.

    Raises :class:`FileNotFoundError` where neither kind of file is there, :class:`ValueError`
    for a cell that is not a number and :class:`KeyError` for a rating of an unknown film.
    """
    films = list(_rows(folder, "movies", ("movieId", "title", "genres")))
    number = {int(row["movieId"]): place for place, row in enumerate(films)}
    credits = {int(row["movieId"]): row for row in _optional(folder / "credits.csv")}
    items = tuple(_item(row, credits.get(int(row["movieId"]), {})) for row in films)
    ratings, viewers = _ratings(folder, number)
    tags = _tags(folder, number, viewers)
    return DataSet(folder.name, ratings, tags, items, tuple(viewers), tuple(number))


def _ratings(folder: Path, number: Mapping[int, int]) -> tuple[Ratings, dict[int, int]]:
    viewers: dict[int, int] = {}
    who, what, values, times = [], [], [], []
    for row in _rows(folder, "ratings", ("userId", "movieId", "rating", "timestamp")):
        who.append(viewers.setdefault(int(row["userId"]), len(viewers)))
        what.append(number[int(row["movieId"])])
        values.append(float(row["rating"]))
        times.append(float(row["timestamp"]))
    found = Ratings(
        np.array(who, np.int64),
        np.array(what, np.int64),
        np.maximum(np.array(values), 1.0),  # half a star, MovieLens' lowest, counts as one
        np.array(times, np.float64),
    )
    return found, viewers


def _tags(folder: Path, number: Mapping[int, int], viewers: Mapping[int, int]) -> Tags:
    rows = [
        row
        for row in _optional(folder / "tags.csv")
        if int(row["movieId"]) in number and int(row["userId"]) in viewers
    ]
    return Tags(
        np.array([viewers[int(row["userId"])] for row in rows], np.int64),
        np.array([number[int(row["movieId"])] for row in rows], np.int64),
        np.array([float(row["timestamp"]) for row in rows], np.float64),
        tuple(row["tag"].strip() for row in rows),
    )


def _item(row: Row, people: Row) -> Item:
    name, year = display_name(row["title"])
    return Item(
        title=name,
        year=year,
        genres=() if row["genres"] == NO_GENRES else _split(row["genres"]),
        directors=_split(people.get("directors", "")),
        writers=_split(people.get("writers", "")),
        cast=_split(people.get("cast", "")),
    )


def _rows(folder: Path, name: str, columns: tuple[str, ...]) -> Iterator[Row]:
    older = folder / f"{name}.dat"
    if not older.exists():
        yield from _csv(folder / f"{name}.csv")
        return
    with older.open(encoding="latin-1") as lines:
        for line in lines:
            if line.strip():
                yield dict(zip(columns, line.rstrip("\n").split("::"), strict=True))


def _optional(path: Path) -> Iterator[Row]:
    if path.exists():
        yield from _csv(path)


def _csv(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        yield from csv.DictReader(lines)


def _split(names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in names.split("|") if name.strip()))
