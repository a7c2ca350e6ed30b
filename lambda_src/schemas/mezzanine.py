"""What was found in a mezzanine file."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated

from pydantic import Field

from schemas.fields import Shape

Rate = Annotated[str, Field(pattern=r"^[0-9]+(/[1-9][0-9]*)?$")]


class VideoStream(Shape):
    """The picture. Rates are frames over seconds, such as ``24000/1001``; ``rotation`` is the
    degrees that a player is told to turn it by.

    ``ends_at`` is when its last frame was over, in seconds from the file's start; ``None`` where
    none was seen.
    """

    codec: str
    width: int
    height: int
    frame_rate: Rate
    average_frame_rate: Rate
    pixel_format: str
    sample_aspect: str = "1/1"
    interlaced: bool = False
    transfer: str = "unknown"
    rotation: int = 0
    ends_at: float | None = None

    @property
    def rate(self) -> Fraction:
        """Frames per second, exact."""
        return Fraction(self.frame_rate)

    @property
    def average_rate(self) -> Fraction:
        """Frames per second over the whole file."""
        return Fraction(self.average_frame_rate)


class AudioStream(Shape):
    """One track of sound; tracks count from 1 in the order of the file.

    ``loudness_lufs`` is integrated (EBU R 128) over what was listened to; ``None`` where
    nothing could be decoded. ``ends_at`` is as the picture's.
    """

    track: int
    codec: str
    channels: int
    sample_rate: int
    language: str | None = None
    loudness_lufs: float | None = None
    ends_at: float | None = None


class Mezzanine(Shape):
    """A file that a title is packaged from.

    ``subtitles`` are the codecs of the tracks in it; ``faults`` is what decoding stumbled over.
    """

    container: str
    duration_seconds: float
    video: tuple[VideoStream, ...]
    audio: tuple[AudioStream, ...]
    subtitles: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


class Picture(Shape):
    """What a file's header says of a picture in it."""

    width: int
    height: int
    frame_rate: Rate


class Headers(Shape):
    """What a file says of itself, which may not be true."""

    seconds: float
    pictures: tuple[Picture, ...]
