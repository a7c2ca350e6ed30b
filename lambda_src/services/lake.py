"""The lake's hours: their names, their files, and the ports to what keeps them.

``landing/day=/hour=/`` is what Firehose writes and nobody changes; its lifecycle expires it.
``events/day=/hour=/<generation>/`` is the same hour made whole: each record once, flat, in few
files. The catalogue's partition of the hour names the one generation that readers see.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

HOUR = timedelta(hours=1)
LANDING_PREFIX, EVENTS_PREFIX = "landing", "events"


@dataclass(frozen=True, slots=True, order=True)
class LakeHour:
    """An hour of arrival, UTC: ``day`` is ``2026-11-23``, ``hour`` 0 to 23."""

    day: str
    hour: int

    @classmethod
    def at(cls, moment: float) -> LakeHour:
        """The hour of Unix seconds."""
        return cls.of(datetime.fromtimestamp(moment, UTC))

    @classmethod
    def of(cls, moment: datetime) -> LakeHour:
        """The hour of a moment."""
        moment = moment.astimezone(UTC)
        return cls(f"{moment:%Y-%m-%d}", moment.hour)

    @property
    def begins(self) -> datetime:
        """Its first moment."""
        return datetime.fromisoformat(self.day).replace(hour=self.hour, tzinfo=UTC)

    @property
    def ends_at(self) -> float:
        """Unix seconds of its end."""
        return (self.begins + HOUR).timestamp()

    @property
    def folder(self) -> str:
        """As partitions are called, below a table's prefix; Firehose writes two digits."""
        return f"day={self.day}/hour={self.hour:02}"

    def __str__(self) -> str:
        """``2026-11-23T19``."""
        return f"{self.day}T{self.hour:02}"


@dataclass(frozen=True, slots=True)
class LakeFile:
    """An object of the lake. ``size`` in bytes, ``modified_at`` in Unix seconds."""

    key: str
    etag: str
    size: int
    modified_at: float


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What an hour came to: records kept, repeats left out, and rows that are no record."""

    records: int
    repeats: int
    unreadable: int
    files: Sequence[str]


class LakeFiles(Protocol):
    """The lake's objects."""

    def landed(self, hour: LakeHour) -> list[LakeFile]:
        """What Firehose wrote for the hour, by key."""

    def landed_hours(self, days: Iterable[str]) -> list[LakeHour]:
        """The hours of those days that Firehose wrote anything for, in order."""

    def generations(self, hour: LakeHour) -> dict[str, list[LakeFile]]:
        """What there is of the hour, by generation, be it whole or not."""

    def oldest_hours(self, before: LakeHour) -> list[LakeHour]:
        """Hours before that one of which there are files, oldest first; some at a time."""

    def sources(self, hour: LakeHour, generation: str) -> frozenset[str] | None:
        """The landed keys a generation was made of; ``None`` where it does not say."""

    def is_written(self, hour: LakeHour, generation: str) -> bool:
        """Whether a job that writes the generation has ended well."""

    def note_sources(self, hour: LakeHour, generation: str, landed: Sequence[LakeFile]) -> None:
        """What :meth:`sources` is to say of it."""

    def delete(self, keys: Collection[str]) -> None: ...


class LakeCatalogue(Protocol):
    """The partitions of the table ``events``. Each change is seen whole or not at all."""

    def generation(self, hour: LakeHour) -> str | None: ...

    def point(self, hour: LakeHour, generation: str) -> None:
        """Readers see that generation of the hour from now on."""

    def hours_before(self, hour: LakeHour) -> list[LakeHour]: ...

    def drop(self, hour: LakeHour) -> None:
        """Readers see nothing of the hour from now on. Safe to repeat."""


class LargeRewriter(Protocol):
    """Makes hours whole that are too large for us: elsewhere, and later."""

    def ask(self, hour: LakeHour, generation: str, *, now: float) -> bool:
        """Asks for it, however often called; whether it may be waited for."""

    def settle(self, hour: LakeHour, generation: str) -> None:
        """It is there. Safe to repeat."""


class Rewriter(Protocol):
    """Makes an hour whole."""

    def __call__(self, sources: Sequence[LakeFile], hour: LakeHour, generation: str) -> Rewritten:
        """Writes the generation's files. Nothing reads them before the catalogue points there."""
