"""The one shape of every error."""

from __future__ import annotations

from schemas.errors import Detail
from schemas.fields import Shape


class DetailCard(Shape):
    """One field, and what is wrong with it."""

    field: str
    message: str

    @classmethod
    def of(cls, detail: Detail) -> DetailCard:
        """The card of a detail."""
        return cls(field=detail.field, message=detail.message)


class ErrorBody(Shape):
    """What went wrong: a stable ``code``, words for people, and the fields at fault."""

    code: str
    message: str
    details: list[DetailCard]


class ErrorAnswer(Shape):
    """The body of every answer that is not a success."""

    error: ErrorBody
