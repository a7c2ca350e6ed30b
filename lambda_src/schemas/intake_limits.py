"""What a mezzanine may be. A file outside of these is refused with the field's name."""

from __future__ import annotations

from fractions import Fraction

MOST_BYTES = 2 << 40
MOST_DOCUMENT_BYTES = 64 << 10  # it travels through the workflow, whose states hold 256 KB
MOST_SUBTITLE_BYTES = 5 << 20
MOST_ARTWORK_BYTES = 20 << 20
CONTAINERS = frozenset({"mov", "mp4", "m4v", "matroska", "webm", "mxf", "mpegts", "mpeg"})
VIDEO_CODECS = frozenset(
    {"h264", "hevc", "prores", "mpeg2video", "dnxhd", "jpeg2000", "mjpeg", "vp9", "av1", "mpeg4"}
)
AUDIO_CODECS = frozenset(
    {"aac", "ac3", "eac3", "mp2", "mp3", "flac", "opus", "alac", "vorbis"}
    | {f"pcm_s{bits}{order}" for bits in (16, 24, 32) for order in ("le", "be")}
)
SHORTEST_SECONDS, LONGEST_SECONDS = 5.0, 6 * 3600.0
LENGTH_TOLERANCE = 0.5  # of picture and sound against the file, and of what is made of them
SMALLEST_SIDE = 240
WIDEST, TALLEST = 7680, 4320
MOST_ASPECT = 4.0  # the longer side over the shorter
SLOWEST_RATE, FASTEST_RATE = Fraction(10), Fraction(60)
RATE_TOLERANCE = 0.01  # of the average frame rate against the nominal one
QUIETEST_LUFS, LOUDEST_LUFS = -36.0, -9.0
MOST_AUDIO_CHANNELS = 16
