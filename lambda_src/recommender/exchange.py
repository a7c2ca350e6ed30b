"""The two files that carry data into training: titles and interactions, gzipped text.

``titles.jsonl.gz`` has one JSON object a line with the fields of :class:`Title`;
``interactions*.csv.gz`` has the columns of :data:`INTERACTION_COLUMNS`, ``kind`` being a
:class:`SignalKind` value and an empty cell "not given". Readers stream, and name the file,
the line and the field of whatever is wrong.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from recommender.catalogue import Terms, Title
from recommender.errors import ExchangeFormatError
from recommender.history import Signal, SignalKind

INTERACTION_COLUMNS = (
    "viewer_id",
    "title_id",
    "kind",
    "value",
    "occurred_at",
    "duration_seconds",
)
_TEXT = {"name", "plot"}
_LISTS = {"genres", "cast", "directors", "countries"}
_WHOLE = {"year", "maturity"}
_TIMES = {"available_from", "available_until"}
_IN_TERMS = {"maturity", *_TIMES}


def write_titles(path: Path, titles: Iterable[Title]) -> int:
    """Write ``titles``, one a line, and return how many; the same titles give the same bytes."""
    count = 0
    with _writing(path) as out:
        for title in titles:
            out.write(json.dumps(asdict(title), ensure_ascii=False, separators=(",", ":")) + "\n")
            count += 1
    return count


def read_titles(path: Path) -> Iterator[Title]:
    """The titles of ``path``, in its order; :class:`ExchangeFormatError` at the first bad line."""
    for number, line in _lines(path):
        if line.strip():
            yield _title(str(path), number, line)


def write_interactions(path: Path, interactions: Iterable[tuple[str, Signal]]) -> int:
    """Write (viewer id, signal) pairs, one a line, and return how many."""
    count = 0
    with _writing(path) as out:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(INTERACTION_COLUMNS)
        for viewer_id, signal in interactions:
            numbers = (signal.value, signal.occurred_at, signal.duration_seconds)
            value, occurred_at, duration = (_cell(number) for number in numbers)
            rows.writerow(
                (viewer_id, signal.title_id, signal.kind.value, value, occurred_at, duration)
            )
            count += 1
    return count


def read_interactions(path: Path) -> Iterator[tuple[str, Signal]]:
    """(viewer id, signal) pairs of ``path``; :class:`ExchangeFormatError` at the first bad line."""
    rows = csv.reader(line for _, line in _lines(path))
    file = str(path)
    try:
        header = next(rows, None)
        if header is None or tuple(header) != INTERACTION_COLUMNS:
            wanted = ",".join(INTERACTION_COLUMNS)
            raise ExchangeFormatError(file, 1, f"the header must be {wanted!r}, not {header!r}")
        for row in rows:
            if row:
                yield _interaction(file, rows.line_num, row)
    except csv.Error as error:
        raise ExchangeFormatError(file, rows.line_num, str(error)) from error


@contextmanager
def _writing(path: Path) -> Iterator[TextIO]:
    # No name and no time in the gzip header: the bytes depend on the content alone.
    with (
        path.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8", newline="") as out,
    ):
        yield out


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    number = 0
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
            for number, line in enumerate(lines, start=1):
                yield number, line
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ExchangeFormatError(str(path), number + 1, f"damaged gzip data: {error}") from error
    except UnicodeDecodeError as error:
        raise ExchangeFormatError(str(path), number + 1, f"not UTF-8: {error}") from error


def _title(file: str, line: int, text: str) -> Title:
    try:
        fields = json.loads(text)
    except json.JSONDecodeError as error:
        raise ExchangeFormatError(file, line, f"not JSON: {error}") from error
    if not isinstance(fields, dict):
        raise ExchangeFormatError(file, line, "a line must hold one JSON object")
    for name in ("title_id", "name"):
        if not isinstance(fields.get(name), str) or not fields[name]:
            raise ExchangeFormatError(file, line, "must be a text, not empty", field=name)
    for name, value in fields.items():
        fields[name] = _checked(file, line, name, value)
    return Title(**fields)


def _checked(file: str, line: int, name: str, value: object) -> object:
    wrong = "is not a field of a title"
    if name == "title_id" or name in _TEXT:
        if isinstance(value, str):
            return value
        wrong = "must be a text"
    elif name in _LISTS:
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        wrong = "must be a list of texts"
    elif name == "terms":
        if isinstance(value, list):
            return tuple(_terms(file, line, item) for item in value)
        wrong = "must be a list of objects"
    elif name in _WHOLE:
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        wrong = "must be a whole number or null"
    elif name in _TIMES:
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
            return value
        wrong = "must be a number of Unix seconds or null"
    raise ExchangeFormatError(file, line, f"{wrong}, got {value!r}", field=name)


def _terms(file: str, line: int, item: object) -> Terms:
    if not isinstance(item, dict) or not isinstance(item.get("country"), str):
        raise ExchangeFormatError(file, line, "each must name its country", field="terms")
    fields = dict(item)
    country = fields.pop("country")
    for name, value in fields.items():
        if name not in _IN_TERMS:
            raise ExchangeFormatError(file, line, f"{name!r} is no field of terms", field="terms")
        _checked(file, line, name, value)
    return Terms(country=country, **fields)


def _interaction(file: str, line: int, row: list[str]) -> tuple[str, Signal]:
    if len(row) != len(INTERACTION_COLUMNS):
        wanted = len(INTERACTION_COLUMNS)
        raise ExchangeFormatError(file, line, f"{len(row)} columns where {wanted} are needed")
    cells = dict(zip(INTERACTION_COLUMNS, row, strict=True))
    for name in ("viewer_id", "title_id"):
        if not cells[name]:
            raise ExchangeFormatError(file, line, "must not be empty", field=name)
    try:
        kind = SignalKind(cells["kind"])
    except ValueError as error:
        wanted_kinds = ", ".join(SignalKind)
        message = f"{cells['kind']!r} is none of {wanted_kinds}"
        raise ExchangeFormatError(file, line, message, field="kind") from error
    occurred_at = _number(file, line, "occurred_at", cells)
    if occurred_at is None:
        raise ExchangeFormatError(file, line, "must not be empty", field="occurred_at")
    return cells["viewer_id"], Signal(
        title_id=cells["title_id"],
        kind=kind,
        occurred_at=occurred_at,
        value=_value(file, line, kind, cells),
        duration_seconds=_number(file, line, "duration_seconds", cells),
    )


def _value(file: str, line: int, kind: SignalKind, cells: Mapping[str, str]) -> float | None:
    value = _number(file, line, "value", cells)
    if value is None and kind in (SignalKind.POSITION, SignalKind.LIST):
        raise ExchangeFormatError(file, line, f"must be given for {kind.value!r}", field="value")
    if kind is SignalKind.RATE and value is not None and not 0.5 <= value <= 5:
        raise ExchangeFormatError(file, line, f"{value!r} is not 0.5 to 5 stars", field="value")
    return value


def _number(file: str, line: int, name: str, cells: Mapping[str, str]) -> float | None:
    cell = cells[name]
    if not cell:
        return None
    try:
        number = float(cell)
    except ValueError as error:
        raise ExchangeFormatError(file, line, f"{cell!r} is not a number", field=name) from error
    if not math.isfinite(number):
        raise ExchangeFormatError(file, line, f"{cell!r} is not a finite number", field=name)
    return number


def _cell(number: float | None) -> str:
    if number is None:
        return ""
    return str(int(number)) if number == int(number) else repr(number)
