"""Profiles: who watches, within an account."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from recommender.catalogue import Viewer
from schemas.fields import Country, ProfileId, Shape

MAX_PROFILES = 5
NO_CEILING = 18

Name = Annotated[str, Field(min_length=1, max_length=40, pattern=r"\S")]
Ceiling = Annotated[
    int,
    Field(ge=0, le=NO_CEILING, strict=True, description="An age in years; 18 is no ceiling."),
]
Language = Annotated[
    str,
    Field(max_length=35, pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$", description="BCP 47."),
]
Genre = Annotated[str, Field(min_length=1, max_length=40)]
Genres = Annotated[list[Genre], Field(max_length=10)]


class Profile(Shape):
    """A profile as it is stored and answered. ``created_at`` is Unix seconds."""

    profile_id: ProfileId
    name: str
    maturity_ceiling: int = NO_CEILING
    country: str | None = None
    language: str = "en"
    favourite_genres: list[str] = []
    created_at: float

    def viewer(self, country: str | None = None) -> Viewer:
        """Who asks; ``country`` (of the request) counts where the profile names none."""
        return Viewer(country=self.country or country, maturity_ceiling=self.maturity_ceiling)


class NewProfile(Shape):
    """What an account says of a new profile."""

    name: Name
    maturity_ceiling: Ceiling = NO_CEILING
    country: Country | None = None
    language: Language = "en"
    favourite_genres: Genres = []


class ProfileChange(Shape):
    """What is to be different; ``country: null`` forgets the country."""

    name: Name = ""
    maturity_ceiling: Ceiling = NO_CEILING
    country: Country | None = None
    language: Language = "en"
    favourite_genres: Genres = []

    @model_validator(mode="after")
    def _says_something(self) -> ProfileChange:
        if not self.model_fields_set:
            raise ValueError("name at least one field to change")
        return self

    def changes(self) -> dict[str, object]:
        """The fields that the request named, and their new values."""
        return self.model_dump(include=self.model_fields_set)


class ProfileList(Shape):
    """An account's profiles, oldest first."""

    items: list[Profile]


class WatchedTitle(Shape):
    """All that is known of one profile and one title. Times are Unix seconds."""

    title_id: str
    position_seconds: float | None = None
    duration_seconds: float | None = None
    position_at: float | None = None
    completed_at: float | None = None
    abandoned_at: float | None = None
    rating: float | None = None
    rated_at: float | None = None
    listed: bool = False
    listed_at: float | None = None
    dismissed_at: float | None = None


class ProfileExport(Shape):
    """Everything that is stored of a profile."""

    exported_at: float
    profile: Profile
    viewing: list[WatchedTitle]
