"""Small films, made by libav in the test's own process, and twenty things that are none."""

from __future__ import annotations

import io
import math
import struct
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

SECONDS = 6


def film(
    *,
    width: int = 426,
    height: int = 240,
    seconds: float = SECONDS,
    rate: int = 24,
    tracks: int = 1,
    loudness: float | Callable[[np.ndarray], np.ndarray] = 0.2,
    container: str = "mov",
    pictures: bool = True,
    sound_seconds: float | None = None,
) -> bytes:
    """A grey picture that grows lighter, and a tone of 440 Hz of that amplitude (at each time)."""
    sound = seconds if sound_seconds is None else sound_seconds
    out = io.BytesIO()
    with av.open(out, "w", format=container) as made:
        video = None
        if pictures:
            video = made.add_stream("mpeg4", rate=Fraction(rate))
            video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        audio = [made.add_stream("aac", rate=48_000, layout="mono") for _ in range(tracks)]
        for number in range(round(seconds * rate) if video else 0):
            canvas = np.full((height, width, 3), (number * 3) % 256, np.uint8)
            frame = av.VideoFrame.from_ndarray(canvas, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            made.mux(video.encode(frame))
        for stream in audio:
            _tone(made, stream, sound, loudness)
        for stream in ([video] if video else []) + audio:
            made.mux(stream.encode(None))
    return out.getvalue()


def _tone(made, stream, seconds: float, loudness) -> None:
    size = 1024
    for start in range(0, int(seconds * 48_000), size):
        times = (np.arange(start, start + size) / 48_000).astype(np.float64)
        amplitude = loudness(times) if callable(loudness) else loudness
        wave = (amplitude * np.sin(2 * math.pi * 440 * times)).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(wave.reshape(1, -1), format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, start, Fraction(1, 48_000)
        made.mux(stream.encode(frame))


def _zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("film.mov", b"not a film")
    return packed.getvalue()


def _gif(width: int, height: int) -> bytes:
    """A picture that claims to be enormous, in some bytes."""
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0, 0, 0) + b"\x3b"


def _claiming(data: bytes, width: int, height: int) -> bytes:
    """The film with another size in its sample description, as a hostile header would have."""
    at = data.find(b"mp4v")
    return data[: at + 28] + struct.pack(">HH", width, height) + data[at + 32 :]


def _wav() -> bytes:
    samples = struct.pack("<h", 0) * 48_000
    head = b"RIFF" + struct.pack("<I", 36 + len(samples)) + b"WAVEfmt "
    return (
        head + struct.pack("<IHHIIHH", 16, 1, 1, 48_000, 96_000, 2, 16)
        + b"data" + struct.pack("<I", len(samples)) + samples
    )  # fmt: skip


PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"

# What was uploaded as film.mov, and the field that its refusal must name.
HOSTILE: Mapping[str, tuple[Callable[[], bytes], str]] = {
    "zero bytes": (lambda: b"", "mezzanine"),
    "one byte": (lambda: b"\0", "mezzanine"),
    "noise": (lambda: np.random.default_rng(1).bytes(200_000), "mezzanine"),
    "zeros": (lambda: bytes(200_000), "mezzanine"),
    "a renamed zip": (_zip, "mezzanine"),
    "text": (lambda: b"A film, honestly.\n" * 500, "mezzanine"),
    "a playlist of a local file": (lambda: PLAYLIST, "mezzanine"),
    "a playlist of an address": (
        lambda: PLAYLIST.replace(b"file:///etc/passwd", b"http://169.254.169.254/latest/meta-data"),
        "mezzanine",
    ),
    "a list of files": (
        lambda: b"ffconcat version 1.0\nfile /etc/passwd\nfile /etc/shadow\n", "mezzanine",
    ),
    "an SVG that names a file": (
        lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
        "mezzanine",
    ),
    "a program": (lambda: Path("/bin/true").read_bytes(), "mezzanine"),
    "an enormous GIF": (lambda: _gif(65_535, 65_535), "mezzanine"),
    "truncated, index lost": (lambda: film()[:-4_000], "mezzanine"),
    "truncated, index first": (lambda: index_first(film())[:-30_000], "mezzanine"),
    "a header that claims 65,000 columns": (
        lambda: _claiming(film(), 65_000, 240), "mezzanine.video.pixel_aspect",
    ),
    "absurd dimensions": (lambda: film(width=8000, height=240, rate=10), "mezzanine.video.size"),
    "too small": (lambda: film(width=64, height=48), "mezzanine.video.size"),
    "a ribbon": (lambda: film(width=1600, height=240), "mezzanine.video.size"),
    "too short": (lambda: film(seconds=1.0), "mezzanine.duration"),
    "too slow": (lambda: film(rate=2), "mezzanine.video.frame_rate"),
    "no picture": (lambda: film(pictures=False), "mezzanine.video"),
    "no sound": (lambda: film(tracks=0), "audio[0].track"),
    "silence": (lambda: film(loudness=0.0), "mezzanine.audio[1].loudness"),
    "deafening": (lambda: film(loudness=1.0, seconds=6), "mezzanine.audio[1].loudness"),
    "sound alone, in a WAV": (_wav, "mezzanine"),
}  # fmt: skip


def index_first(data: bytes) -> bytes:
    """The film with its index before its pictures, as those for the web have it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mov"
        with av.open(io.BytesIO(data)) as source, av.open(
            path, "w", options={"movflags": "faststart"}
        ) as made:  # fmt: skip
            streams = {s.index: made.add_stream_from_template(s) for s in source.streams}
            for packet in source.demux():
                if packet.dts is not None:
                    packet.stream = streams[packet.stream.index]
                    made.mux(packet)
        return path.read_bytes()
