"""What preparing a title needs of the outside world. ``adapters`` fulfils it, tests fake it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from schemas.ladder import Box, Thumbnails
from schemas.mezzanine import Mezzanine


class MediaUnreadableError(Exception):
    """A file could not be read as what it should be; ``reason`` is for whoever delivered it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Transfer:
    """An object to copy inside a bucket, and what it is from then on."""

    source: str
    target: str
    content_type: str


@dataclass(frozen=True, slots=True)
class SegmentFacts:
    """A decoded segment: its span in seconds on the title's clock, and what was in it."""

    start: float | None
    end: float
    keyframe: bool
    decoded: int
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class DeliveredFile:
    """A file in the ingest bucket. Equal ``fingerprint``, equal bytes.

    ``archived``: it is there, and can't be read until it has been restored.
    """

    size: int
    fingerprint: str
    modified_at: float
    archived: bool = False


class MediaStore(Protocol):
    """A bucket of packages, being made or published."""

    @property
    def bucket(self) -> str:
        """Its name."""

    def sizes(self, prefix: str) -> Mapping[str, int]:
        """Bytes of every object whose key begins so."""

    def read(self, key: str) -> bytes:
        """A small object; :class:`schemas.errors.NotFoundError` where there is none."""

    def write(self, key: str, body: bytes, *, content_type: str) -> None:
        """Puts an object that is cached for good."""

    def take(self, transfers: Sequence[Transfer], *, source: str) -> None:
        """Copies all from the bucket ``source``, many at a time; raises if one could not be."""


class IngestStore(Protocol):
    """The ingest bucket."""

    @property
    def bucket(self) -> str:
        """Its name."""

    def find(self, key: str) -> DeliveredFile | None: ...

    def read(self, key: str) -> bytes:
        """A small file."""

    def address(self, key: str) -> str:
        """An address that opens this one file for some minutes, to whoever has it."""

    def write_beside(self, key: str, text: str) -> None:
        """Writes a JSON document."""

    def remove(self, key: str) -> None:
        """Removes a file, if there is one."""


class MediaTools(Protocol):
    """Looks into files and makes pictures; all raise :class:`MediaUnreadableError`."""

    def inspect(self, url: str, size: int) -> Mezzanine:
        """What a file is; :class:`schemas.errors.RetryLaterError` or
        :class:`schemas.errors.StorageError` where it can't be had.
        """

    def segments(self, init: bytes, segments: Sequence[bytes]) -> list[SegmentFacts]: ...

    def sheet(self, pictures: Sequence[bytes], thumbnails: Thumbnails) -> bytes:
        """A JPEG of the pictures side by side, from left to right, then downwards."""

    def still(self, picture: bytes, box: Box) -> bytes:
        """A JPEG of the picture, fitted into the box."""
