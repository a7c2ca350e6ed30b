"""A package in the making: what goes in, where it goes, and what its parts are called.

The packaging job leaves its output under ``staging/`` of the ingest bucket, named as AWS
Elemental MediaConvert names things: ``package_1080p.m3u8``, ``package_audio_en.m3u8``,
``package_thumbnail.0000000.jpg``. What is published is arranged anew under
``media/<title_id>/<content hash>/`` of the media bucket.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.fields import Shape, TitleId
from schemas.mezzanine import Mezzanine

STAGING = "staging"
BASENAME = "package"
MASTER = "master.m3u8"
LANGUAGE_PATTERN = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
Language = Annotated[
    str, Field(pattern=LANGUAGE_PATTERN, max_length=35, description="BCP 47, such as pt-BR.")
]
ContentHash = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


class AudioTrack(Shape):
    """A language to listen to, and where it is in the mezzanine; tracks count from 1."""

    language: Language
    name: Annotated[str, Field(min_length=1, max_length=60, pattern=r'^[^"\r\n]+$')]
    track: Annotated[int, Field(ge=1, le=32)]


class SubtitleTrack(Shape):
    """A language to read, and its WebVTT file beside the mezzanine."""

    language: Language
    name: Annotated[str, Field(min_length=1, max_length=60, pattern=r'^[^"\r\n]+$')]
    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,120}\.vtt$")]


class PackageOrder(Shape):
    """All that packaging needs to know of one title; small enough to pass between steps."""

    title_id: TitleId
    content_hash: ContentHash
    bucket: str  # the ingest bucket
    source: str  # the mezzanine's key
    folder: str  # its folder, where subtitles and artwork are
    mezzanine: Mezzanine
    audio: Annotated[tuple[AudioTrack, ...], Field(min_length=1)]
    subtitles: tuple[SubtitleTrack, ...] = ()
    poster: str | None = None

    @property
    def staging(self) -> str:
        """Where the job's output goes in the ingest bucket, without a slash at its end."""
        return f"{STAGING}/{self.title_id}/{self.content_hash}"

    @property
    def published(self) -> str:
        """Where the package goes in the media bucket, without a slash at its end."""
        return f"media/{self.title_id}/{self.content_hash}"

    @property
    def manifest(self) -> str:
        """The manifest below ``/media/<title_id>/``, as the titles table has it."""
        return f"{self.content_hash}/{MASTER}"


class Part(Shape):
    """One playlist that the job writes."""

    kind: Literal["video", "audio"]
    name: str  # a rendition's name, or a language
    modifier: str  # MediaConvert's name modifier

    @property
    def playlist(self) -> str:
        """The playlist's file name in staging."""
        return f"{BASENAME}{self.modifier}.m3u8"

    @property
    def folder(self) -> str:
        """The part's folder in what is published."""
        return self.name if self.kind == "video" else f"audio/{self.name}"
