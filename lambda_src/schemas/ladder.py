"""The ladder: the one description of what a title is packaged to.

``ladder.json`` is read by whatever makes, checks or prices renditions. Changing it changes the
content hash of every title, so that a title is packaged anew the next time it is delivered.
"""

from __future__ import annotations

import hashlib
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from schemas.fields import Shape

PATH = Path(__file__).with_name("ladder.json")
Pixels = Annotated[int, Field(gt=0, le=7680, multiple_of=2)]


class Box(Shape):
    """The most that a picture may measure."""

    width: Pixels
    height: Pixels

    def fitted(self, width: int, height: int) -> tuple[int, int]:
        """A picture of this size, scaled into the box; both sides even, as H.264 needs them."""
        scale = min(Fraction(self.width, width), Fraction(self.height, height), Fraction(1))
        return _even(width * scale), _even(height * scale)


class Rendition(Box):
    """One rung: the box that the picture is fitted into, never enlarged.

    ``quality`` is MediaConvert's QVBR level; ``max_kbps`` caps it.
    """

    name: Annotated[str, Field(pattern=r"^[0-9]{3,4}p$")]
    max_kbps: Annotated[int, Field(ge=50, le=50_000)]
    quality: Annotated[int, Field(ge=1, le=10)]
    profile: Literal["BASELINE", "MAIN", "HIGH"]


class AudioRendition(Shape):
    """What every audio track becomes: AAC-LC."""

    kbps: Annotated[int, Field(ge=32, le=512)]
    sample_rate: Literal[44_100, 48_000]
    channels: Literal[1, 2]


class Thumbnails(Box):
    """Pictures for the seek bar, ``columns`` by ``rows`` of them in a sheet."""

    every_seconds: Annotated[int, Field(ge=1, le=60)]
    columns: Annotated[int, Field(ge=1, le=20)]
    rows: Annotated[int, Field(ge=1, le=20)]


class Ladder(Shape):
    """Renditions from the smallest to the largest; a segment holds a whole number of GOPs."""

    segment_seconds: Annotated[int, Field(ge=1, le=10)]
    gop_seconds: Annotated[int, Field(ge=1, le=10)]
    video: Annotated[tuple[Rendition, ...], Field(min_length=1)]
    audio: AudioRendition
    thumbnails: Thumbnails
    poster: Box

    @model_validator(mode="after")
    def _makes_sense(self) -> Ladder:
        if self.segment_seconds % self.gop_seconds:
            raise ValueError("segment_seconds must be a multiple of gop_seconds")
        for lower, upper in zip(self.video, self.video[1:], strict=False):
            if not (lower.height < upper.height and lower.max_kbps < upper.max_kbps):
                raise ValueError(f"video: {upper.name} must be larger and faster than {lower.name}")
        return self

    def renditions_for(self, width: int, height: int) -> tuple[Rendition, ...]:
        """The rungs that a picture of this size fills; the smallest one at least."""
        filled = [
            rung
            for rung in self.video
            # By either side: a wide film in 1080p has 1920 columns and some 800 lines.
            if width >= rung.width or height >= rung.height
        ]
        return tuple(filled) or self.video[:1]

    def gop_frames(self, frame_rate: Fraction) -> int:
        """Frames from one keyframe to the next."""
        return max(1, round(self.gop_seconds * frame_rate))

    def segment_length(self, frame_rate: Fraction) -> Fraction:
        """Seconds of a segment: whole GOPs of whole frames, so a little off 4 s at 23.976."""
        gops = self.segment_seconds // self.gop_seconds
        return gops * self.gop_frames(frame_rate) / frame_rate

    @property
    def digest(self) -> str:
        """Names this ladder, whatever the file's spaces."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


@cache
def shipped_ladder() -> Ladder:
    """The ladder of ``ladder.json``."""
    return Ladder.model_validate_json(PATH.read_bytes())


def _even(side: Fraction) -> int:
    return max(2, round(side / 2) * 2)
