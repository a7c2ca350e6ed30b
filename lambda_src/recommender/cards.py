"""Title cards as an artifact holds them: lines of JSON that are read when they are asked for.

A card leaves out the plot, which serving never shows: what it says is in the features.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from recommender.catalogue import Terms, Title
from recommender.errors import DamagedArtifactError

_LISTS = frozenset({"genres", "cast", "directors", "countries"})
_LEFT_OUT = "plot"


def card_lines(titles: Sequence[Title]) -> list[bytes]:
    """The card of each of ``titles``; what isn't known takes no room."""
    if isinstance(titles, Cards):
        return [titles.line(number) for number in range(len(titles))]
    return [_line(title) for title in titles]


def catalogue_digest(titles: Sequence[Title]) -> str:
    """SHA-256, in hexadecimal, of the cards of ``titles`` in their order."""
    return digest_of(b"".join(card_lines(titles)))


def digest_of(text: bytes | memoryview) -> str:
    """SHA-256 of the cards as they are stored."""
    return hashlib.sha256(text).hexdigest()


class Cards(Sequence[Title]):
    """Titles by number, each parsed at its first use and kept.

    ``text`` [bytes] holds the lines, that of title n from ``starts[n]`` to ``starts[n + 1]``.
    """

    def __init__(self, text: npt.NDArray[np.uint8], starts: npt.NDArray[np.int32]) -> None:
        sound = len(starts) and starts[0] == 0 and starts[-1] == len(text)
        if not sound or not (starts[1:] > starts[:-1]).all():
            raise DamagedArtifactError("the cards are not as many lines as there are titles")
        self._text = text
        self._starts = starts
        self._parsed: list[Title | None] = [None] * (len(starts) - 1)

    def __len__(self) -> int:
        return len(self._parsed)

    @overload
    def __getitem__(self, number: int) -> Title: ...
    @overload
    def __getitem__(self, number: slice) -> tuple[Title, ...]: ...
    def __getitem__(self, number: int | slice) -> Title | tuple[Title, ...]:
        if isinstance(number, slice):
            return tuple(self[one] for one in range(*number.indices(len(self))))
        title = self._parsed[number]
        if title is None:
            title = self._parsed[number] = _title(self.line(number))
        return title

    def __iter__(self) -> Iterator[Title]:
        return (self[number] for number in range(len(self)))

    def line(self, number: int) -> bytes:
        """The card as it is stored."""
        number = range(len(self))[number]
        return self._text[self._starts[number] : self._starts[number + 1]].tobytes()


class TitlesById(Mapping[str, Title]):
    """A catalogue's titles by their ids, read no earlier than they are asked for."""

    def __init__(self, titles: Sequence[Title], numbers: Mapping[str, int]) -> None:
        self._titles = titles
        self._numbers = numbers

    def __getitem__(self, title_id: str) -> Title:
        return self._titles[self._numbers[title_id]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    def __contains__(self, title_id: object) -> bool:
        return title_id in self._numbers


def _line(title: Title) -> bytes:
    fields = {
        name: value
        for name, value in asdict(title).items()
        if name != _LEFT_OUT and value not in (None, ())
    }
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _title(line: bytes) -> Title:
    try:
        fields: dict[str, Any] = json.loads(line)
        for name in fields.keys() & _LISTS:
            fields[name] = tuple(fields[name])
        terms = tuple(Terms(**each) for each in fields.pop("terms", ()))
        return Title(**fields, terms=terms)
    except (ValueError, TypeError, AttributeError) as error:
        raise DamagedArtifactError(f"a title's card can't be read: {error}") from error
