"""Read a folder in MovieLens format: ``movies.csv``, ``ratings.csv`` and what else is there.

``tags.csv`` and ``credits.csv`` are optional. Tags become the plot, being all the text there
is; ``credits.csv`` (movieId, certificate, released, directors, writers, cast, names split by
``|``) gives people and maturity. A film it doesn't list stays unclassified, which fails
closed for profiles with a maturity ceiling.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from recommender.catalogue import Title
from recommender.errors import ExchangeFormatError
from recommender.history import Signal, SignalKind
from scripts.importers import ImportedData

MATURITY: Mapping[str, int | None] = {
    "G": 0,
    "PG": 8,
    "PG-13": 13,
    "R": 17,
    "NC-17": 18,
    "UNRATED": None,
    "": None,
}
NO_GENRES = "(no genres listed)"
_YEAR = re.compile(r"^(?P<name>.*?)\s*\((?P<year>\d{4})(?:[-\u2013]\d{0,4})?\)$")
_ARTICLE = re.compile(r"^(?P<name>[^()]+), (?P<article>The|A|An)(?P<rest> \(.*\))?$")


@dataclass(frozen=True)
class _Credits:
    maturity: int | None = None
    directors: tuple[str, ...] = ()
    cast: tuple[str, ...] = ()


def read(folder: Path) -> ImportedData:
    """Titles and ratings of ``folder``.

    Raises :class:`ExchangeFormatError` with file, line and column of what is wrong, and
    :class:`FileNotFoundError` where ``movies.csv`` or ``ratings.csv`` is missing.
    """
    credits = _read_credits(folder / "credits.csv")
    tags = _read_tags(folder / "tags.csv")
    titles = tuple(_read_titles(folder / "movies.csv", credits, tags))
    known = {title.title_id for title in titles}
    ratings = tuple(_read_ratings(folder / "ratings.csv", known))
    return ImportedData(titles=titles, interactions=ratings)


def display_name(title: str) -> tuple[str, int | None]:
    """("The Usual Suspects", 1995) of "Usual Suspects, The (1995)"; the year may be missing."""
    name, year = title.strip(), None
    if found := _YEAR.match(name):
        name, year = found["name"], int(found["year"])
    if found := _ARTICLE.match(name):
        name = f"{found['article']} {found['name']}{found['rest'] or ''}"
    return name or title, year


def _read_titles(
    path: Path, credits: Mapping[str, _Credits], tags: Mapping[str, list[str]]
) -> Iterator[Title]:
    first_line: dict[str, int] = {}
    for line, row in _rows(path, ("movieId", "title", "genres")):
        title_id = row["movieId"]
        if title_id in first_line:
            message = f"{title_id!r} is already on line {first_line[title_id]}"
            raise ExchangeFormatError(str(path), line, message, field="movieId")
        first_line[title_id] = line
        name, year = display_name(row["title"])
        people = credits.get(title_id, _Credits())
        genres = () if row["genres"] == NO_GENRES else _split(row["genres"])
        yield Title(
            title_id=title_id,
            name=name,
            year=year,
            genres=genres,
            cast=people.cast,
            directors=people.directors,
            plot=". ".join(tags.get(title_id, ())),
            maturity=people.maturity,
        )


def _read_ratings(path: Path, known: set[str]) -> Iterator[tuple[str, Signal]]:
    file = str(path)
    for line, row in _rows(path, ("userId", "movieId", "rating", "timestamp")):
        title_id = row["movieId"]
        if title_id not in known:
            message = f"{title_id!r} is not in movies.csv"
            raise ExchangeFormatError(file, line, message, field="movieId")
        rating = _number(file, line, "rating", row["rating"])
        if not 0.5 <= rating <= 5:
            message = f"{row['rating']!r} is not 0.5 to 5 stars"
            raise ExchangeFormatError(file, line, message, field="rating")
        yield (
            f"movielens-{row['userId']}",
            Signal(
                title_id=title_id,
                kind=SignalKind.RATE,
                value=rating,
                occurred_at=_number(file, line, "timestamp", row["timestamp"]),
            ),
        )


def _read_tags(path: Path) -> dict[str, list[str]]:
    """Each film's tags, every one once, in the order of the file."""
    tags: dict[str, list[str]] = {}
    if path.exists():
        for _, row in _rows(path, ("userId", "movieId", "tag", "timestamp")):
            known = tags.setdefault(row["movieId"], [])
            tag = row["tag"].strip()
            if tag and tag not in known:
                known.append(tag)
    return tags


def _read_credits(path: Path) -> dict[str, _Credits]:
    credits: dict[str, _Credits] = {}
    if path.exists():
        for line, row in _rows(path, ("movieId", "certificate", "directors", "cast")):
            certificate = row["certificate"].strip().upper()
            if certificate not in MATURITY:
                known = ", ".join(filter(None, MATURITY))
                message = f"{certificate!r} is none of {known}"
                raise ExchangeFormatError(str(path), line, message, field="certificate")
            credits[row["movieId"]] = _Credits(
                maturity=MATURITY[certificate],
                directors=_split(row["directors"]),
                cast=_split(row["cast"]),
            )
    return credits


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    file = str(path)
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines, strict=True)
        try:
            for column in columns:
                if column not in (rows.fieldnames or ()):
                    raise ExchangeFormatError(file, 1, "the column is missing", field=column)
            for row in rows:
                for column in columns:
                    if row[column] is None:
                        message = "the line ends before this column"
                        raise ExchangeFormatError(file, rows.line_num, message, field=column)
                yield rows.line_num, row
        except (csv.Error, UnicodeDecodeError) as error:
            raise ExchangeFormatError(file, rows.line_num + 1, str(error)) from error


def _number(file: str, line: int, field: str, cell: str) -> float:
    try:
        return float(cell)
    except ValueError as error:
        message = f"{cell!r} is not a number"
        raise ExchangeFormatError(file, line, message, field=field) from error


def _split(names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in names.split("|") if name.strip()))
