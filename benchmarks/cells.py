"""From the frames of any data set to titles and events: what cells hold is not always clean."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.catalogue import Title

Frame = Any
Floats = npt.NDArray[np.float64]
POSITIVE = 1.0
_LAST_YEAR = 9_999


@dataclass(frozen=True)
class Events:
    """The rows of one frame: who, what, ``ratings`` (NaN where unknown) and ``times`` (Unix
    seconds, NaN where unknown), each [n]."""

    viewers: Sequence[Hashable]
    items: Sequence[Hashable]
    ratings: Floats
    times: Floats

    @property
    def implicit(self) -> bool:
        """Whether ratings say no more than that something was watched."""
        return bool((np.isnan(self.ratings) | (self.ratings == POSITIVE)).all())


def events(frame: Frame) -> Events:
    """The events of ``frame``; rows without a viewer or a title are left out, and a rating that
    is missing says that the title was watched.

    Raises :class:`ValueError` naming a column that is not there, or one that is not of finite
    numbers.
    """
    viewers, items = _ids(frame, "user_id"), _ids(frame, "item_id")
    ratings = _numbers(frame, "rating")
    times = _numbers(frame, "timestamp")
    named = [
        not (missing(viewer) or missing(item)) for viewer, item in zip(viewers, items, strict=True)
    ]
    if not all(named):
        viewers = [viewer for viewer, kept in zip(viewers, named, strict=True) if kept]
        items = [item for item, kept in zip(items, named, strict=True) if kept]
        ratings, times = ratings[named], times[named]
    return Events(viewers, items, ratings, times)


def titles(frame: Frame) -> Iterator[tuple[Hashable, dict[str, Any]]]:
    """Each item's id and what :func:`title` takes, the first row of those with the same id."""
    known: set[Hashable] = set()
    for item, row in zip(_ids(frame, "item_id"), frame.to_dict("records"), strict=True):
        if not missing(item) and item not in known:
            known.add(item)
            yield item, row


def title(title_id: str, row: Mapping[str, Any]) -> Title:
    """The title of one row of items, whatever of it is missing. Writers count as directors:
    whoever made it. Tags are words of the plot."""
    return Title(
        title_id=title_id,
        name=_text(row.get("title")),
        year=_year(row.get("year")),
        genres=_texts(row.get("genres")),
        cast=_texts(row.get("cast")),
        directors=_unique([*_texts(row.get("directors")), *_texts(row.get("writers"))]),
        plot=". ".join(filter(None, [_text(row.get("plot")), *_texts(row.get("tags"))])),
    )


def missing(value: object) -> bool:
    """None, NaN, or pandas' own ways to say so."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float) and math.isnan(value)


def _ids(frame: Frame, name: str) -> list[Hashable]:
    return list(_column(frame, name).tolist())


def _numbers(frame: Frame, name: str) -> Floats:
    column = _column(frame, name)
    try:
        numbers = np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))
    except (TypeError, ValueError) as error:
        raise ValueError(f"interactions' {name!r} must hold numbers: {error}") from error
    if np.isinf(numbers).any():
        raise ValueError(f"interactions' {name!r} must hold finite numbers, or none")
    return numbers


def _column(frame: Frame, name: str) -> Any:
    if name not in frame.columns:
        raise ValueError(
            f"the frame has no column {name!r}, only {sorted(map(str, frame.columns))}"
        )
    return frame[name]


def _text(value: object) -> str:
    return "" if missing(value) else str(value).strip()


def _texts(value: object) -> tuple[str, ...]:
    """The names of a cell: of a list, a tuple, an array or a set; a text is one name."""
    if isinstance(value, str) or missing(value):
        value = [value]
    if not isinstance(value, Iterable):
        raise ValueError(f"a cell of names must hold a list, not {value!r}")
    return _unique(_text(one) for one in value)


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, names)))


def _year(value: object) -> int | None:
    if missing(value):
        return None
    try:
        year = int(float(str(value)))
    except (ValueError, OverflowError):
        return None
    return year if 0 < year <= _LAST_YEAR else None
