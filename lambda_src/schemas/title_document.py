"""``title.json``: what a studio says of a title, beside the title's mezzanine file.

``python -m schemas.title_document`` prints its JSON schema.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from schemas.fields import Country, Moment, Shape, TitleId
from schemas.intake import DOCUMENT, REFUSAL
from schemas.package import AudioTrack, Language, SubtitleTrack

ELSEWHERE: Literal["*"] = "*"
FILE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,120}"
Text = Annotated[str, Field(min_length=1, max_length=200)]
Age = Annotated[int, Field(ge=0, le=18, strict=True)]
Number = Annotated[int, Field(ge=1, le=10_000, strict=True)]
Names = Annotated[tuple[Text, ...], Field(max_length=100)]


class Window(Shape):
    """When a title may be seen, and where: no ``countries`` is everywhere else."""

    countries: tuple[Country, ...] = ()
    available_from: Moment | None = None
    available_until: Moment | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Window:
        start, end = self.available_from, self.available_until
        if start is not None and end is not None and end <= start:
            raise ValueError("available_until must be after available_from")
        return self


class Series(Shape):
    """Where an episode stands; ``followed_by`` is the title that comes after it, once there is one.

    Naming it costs nothing later: a ``title.json`` with the same files is listed anew, no more.
    """

    name: Text
    season: Number
    episode: Number
    followed_by: TitleId | None = None


class Artwork(Shape):
    """Pictures beside the mezzanine; without a poster, a frame of the title is taken."""

    poster: Annotated[str, Field(pattern=FILE_PATTERN + r"\.(jpg|jpeg|png)$")] | None = None


class TitleDocument(Shape):
    """A title as it is delivered. ``maturity`` is ages by country, ``*`` for everywhere else;
    where it says nothing, a title is not classified, and no profile with a ceiling sees it.
    """

    title_id: TitleId
    mezzanine: Annotated[str, Field(pattern=FILE_PATTERN + r"$")]
    original_language: Language
    names: Annotated[dict[Language, Text], Field(min_length=1, max_length=60)]
    plots: Annotated[
        dict[Language, Annotated[str, Field(max_length=2000)]], Field(max_length=60)
    ] = {}
    year: Annotated[int, Field(ge=1880, le=2200, strict=True)] | None = None
    series: Series | None = None
    genres: Annotated[tuple[Text, ...], Field(min_length=1, max_length=10)]
    cast: Names = ()
    directors: Names = ()
    maturity: dict[Country | Literal["*"], Age] = {}
    windows: Annotated[tuple[Window, ...], Field(max_length=250)] = ()
    audio: Annotated[tuple[AudioTrack, ...], Field(min_length=1, max_length=16)]
    subtitles: Annotated[tuple[SubtitleTrack, ...], Field(max_length=60)] = ()
    artwork: Artwork = Artwork()

    @field_validator("mezzanine")
    @classmethod
    def _is_no_name_of_ours(cls, name: str) -> str:
        # A refusal is written over the one before it, and taken away from a good delivery.
        if name in {DOCUMENT, REFUSAL}:
            raise ValueError(f"must not be {name!r}, which is kept for what is said of the title")
        return name

    @field_validator("series")
    @classmethod
    def _is_not_its_own_next(cls, series: Series | None, info: Any) -> Series | None:  # noqa: ANN401 - pydantic's
        follows = series.followed_by if series is not None else None
        # Where the title's own id is refused, there is none to compare with.
        if follows is not None and follows == info.data.get("title_id"):
            raise ValueError("followed_by must be another title than this one")
        return series

    @field_validator("names")
    @classmethod
    def _named_in_its_own_language(cls, names: dict[str, str], info: Any) -> dict[str, str]:  # noqa: ANN401 - pydantic's
        language = info.data.get("original_language")
        if language is not None and language not in names:
            raise ValueError(f"must have the name in the original language, {language!r}")
        return names

    @field_validator("audio", "subtitles")
    @classmethod
    def _told_apart(
        cls, tracks: tuple[AudioTrack | SubtitleTrack, ...]
    ) -> tuple[AudioTrack | SubtitleTrack, ...]:
        _refuse_repeats("language", (track.language for track in tracks))
        # HLS wants different names in a group (RFC 8216, 4.3.4.1.1), and so does who chooses.
        _refuse_repeats("name", (track.name for track in tracks))
        return tracks

    @field_validator("windows")
    @classmethod
    def _one_window_a_country(cls, windows: tuple[Window, ...]) -> tuple[Window, ...]:
        _refuse_repeats(
            "country", (code for window in windows for code in window.countries or (ELSEWHERE,))
        )
        return windows

    def item(self) -> dict[str, Any]:
        """The title as the titles table holds it, without its manifest."""
        own = self._window(ELSEWHERE)
        everywhere = own is not None or not self.windows
        listed = sorted({code for window in self.windows for code in window.countries})
        plot = self.plots.get(self.original_language) or next(iter(self.plots.values()), "")
        return {
            "title_id": self.title_id,
            "name": self.names[self.original_language],
            "names": self.names,
            "plot": plot,
            "plots": self.plots,
            "year": self.year,
            "series": self.series.model_dump(exclude_none=True) if self.series else None,
            "genres": list(self.genres),
            "cast": list(self.cast),
            "directors": list(self.directors),
            "maturity": self._highest_maturity(),
            "countries": [] if everywhere else listed,
            "available_from": _widest((w.available_from for w in self.windows), min),
            "available_until": _widest((w.available_until for w in self.windows), max),
            "terms": self._terms(listed, own),
        }

    def _terms(self, listed: Iterable[str], own: Window | None) -> list[dict[str, Any]]:
        """Every country that differs from the others, and what holds there."""
        rated = {code for code in self.maturity if code != ELSEWHERE}
        rest = self.maturity.get(ELSEWHERE)
        terms = []
        differing = sorted({*listed, *rated})
        for code in (*differing, ELSEWHERE) if differing else ():
            window = self._window(code) or own or Window()
            terms.append(
                {
                    "country": code,
                    "maturity": self.maturity.get(code, rest),
                    "available_from": window.available_from,
                    "available_until": window.available_until,
                }
            )
        return terms

    def _window(self, country: str) -> Window | None:
        for window in self.windows:
            if country in (window.countries or (ELSEWHERE,)):
                return window
        return None

    def _highest_maturity(self) -> int | None:
        """Sure to hold everywhere; nothing is, where the rest of the world isn't classified."""
        return max(self.maturity.values()) if ELSEWHERE in self.maturity else None


def _widest(moments: Iterable[float | None], pick: Any) -> float | None:  # noqa: ANN401 - min or max
    known = list(moments)
    return None if not known or None in known else pick(known)


def _refuse_repeats(what: str, values: Iterable[str]) -> None:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise ValueError(f"the {what} {value!r} is named twice")
        seen.add(value)


def schema() -> Mapping[str, Any]:
    """The JSON schema of ``title.json``."""
    return TitleDocument.model_json_schema()


if __name__ == "__main__":
    print(json.dumps(schema(), indent=2))
