"""The editors' rules as the document ``models/editorial.json`` holds them.

::

    {
      "pins":   [{"title_id": "t1", "place": 2, "countries": ["SE"],
                  "from": "2026-12-01T00:00:00Z", "until": "2026-12-26T00:00:00Z"}],
      "boosts": [{"genre": "Family", "factor": 1.5}, {"title_ids": ["t2"], "factor": 0.5}],
      "caps":   [{"by": "director", "most": 2, "within": 10}]
    }
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, field_serializer, model_validator

from recommender.editorial import Boost, Cap, CapKind, EditorialRules, Period, Pin
from schemas.errors import Detail, InvalidRequestError
from schemas.fields import Country, Moment, Shape, TitleId
from schemas.validation import details_of

EDITORIAL_KEY = "models/editorial.json"  # of the model bucket, beside the model's pointer
LAST_PLACE = 100  # the longest list that the API answers
Place = Annotated[int, Field(ge=1, le=LAST_PLACE)]


class Timed(Shape):
    """In force from ``from`` until before ``until``; without them always."""

    start: Moment | None = Field(default=None, alias="from")
    end: Moment | None = Field(default=None, alias="until")

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.start is not None and self.end is not None and self.end <= self.start:
            raise ValueError("until must be later than from")
        return self

    @field_serializer("start", "end")
    def _as_a_person_reads_it(self, time: float | None) -> str | None:
        return None if time is None else datetime.fromtimestamp(time, UTC).isoformat()

    @property
    def period(self) -> Period:
        """The time it is in force."""
        return Period(start=self.start, end=self.end)


class PinCard(Timed):
    """A title at a place of the top list; ``countries`` empty is everywhere."""

    title_id: TitleId
    place: Place
    countries: list[Country] = Field(default=[], max_length=250)

    def rule(self) -> Pin:
        """As the recommender takes it."""
        return Pin(
            title_id=self.title_id,
            place=self.place,
            countries=tuple(self.countries),
            period=self.period,
        )


class BoostCard(Timed):
    """Scores of these titles, or of a genre's, times ``factor``."""

    title_ids: list[TitleId] = Field(default=[], max_length=1_000)
    genre: str | None = Field(default=None, min_length=1, max_length=64)
    factor: float = Field(ge=0.1, le=10)

    @model_validator(mode="after")
    def _is_about_titles_or_a_genre(self) -> Self:
        if bool(self.title_ids) == (self.genre is not None):
            raise ValueError("must hold title_ids or genre, and not both")
        return self

    def rule(self) -> Boost:
        """As the recommender takes it."""
        return Boost(
            factor=self.factor,
            title_ids=tuple(self.title_ids),
            genre=self.genre,
            period=self.period,
        )


class CapCard(Shape):
    """At most ``most`` titles of one director or genre in the first ``within`` places."""

    by: Literal["director", "genre"]
    most: Place
    within: Place

    def rule(self) -> Cap:
        """As the recommender takes it."""
        return Cap(by=CapKind(self.by), most=self.most, within=self.within)


class EditorialDocument(Shape):
    """All rules; a document without any is the same as no document."""

    pins: list[PinCard] = Field(default=[], max_length=500)
    boosts: list[BoostCard] = Field(default=[], max_length=200)
    caps: list[CapCard] = Field(default=[], max_length=20)

    @classmethod
    def parse(cls, text: str | bytes) -> EditorialDocument:
        """The document of its JSON; :class:`InvalidRequestError` names each field at fault."""
        try:
            content = json.loads(text)
            if isinstance(content, dict):
                return cls.model_validate(content)
            details = [Detail("document", "must be an object of pins, boosts and caps")]
        except ValidationError as error:
            details = details_of(error.errors())
        except (ValueError, RecursionError) as error:
            details = [Detail("document", f"is not JSON: {error}")]
        words = "; ".join(f"{detail.field}: {detail.message}" for detail in details)
        raise InvalidRequestError(words, details=details)

    def text(self) -> str:
        """The document as it is stored and shown: what is not said is left out."""
        content = self.model_dump(by_alias=True, exclude_defaults=True, exclude_none=True)
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"

    def rules(self) -> EditorialRules:
        """As the recommender takes them."""
        return EditorialRules(
            pins=tuple(pin.rule() for pin in self.pins),
            boosts=tuple(boost.rule() for boost in self.boosts),
            caps=tuple(cap.rule() for cap in self.caps),
        )
