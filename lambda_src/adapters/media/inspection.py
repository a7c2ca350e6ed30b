"""What a mezzanine is: its streams by its headers, and samples of it decoded."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.stream import VideoStream

from adapters.media.loudness import settle_layout
from adapters.media.ranged import RangedFile
from adapters.media.samples import Samples

# Kinds of file that hold pictures and sound. Playlists and lists of other files are not in it.
FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mxf,mpegts,mpeg,avi"
MOST_PIXELS = 8192 * 4352
_OPTIONS = {
    "format_whitelist": FORMATS,
    "protocol_whitelist": "",  # nothing in a file may open another
    "max_streams": "48",
    "max_pixels": str(MOST_PIXELS),
    "probesize": "20000000",
    "analyzeduration": "10000000",
}
# Heard whole: up to so much of sound in all channels (at 570 times its own speed on one core, that
# is 70 s) in a file of so many bytes. The function has five minutes for all.
MOST_CHANNEL_SECONDS = 40_000.0
MOST_HEARD_BYTES = 3 << 30
_MOST_FAULTS = 5
_LOCAL = "file:"


def inspect(url: str, size: str) -> dict[str, Any]:
    """The fields of :class:`schemas.mezzanine.Mezzanine` for the object at ``url``.

    :class:`adapters.media.ranged.StoreError` where its bytes can't be had, whatever was made of
    those before.
    """
    if url.startswith(_LOCAL):
        with Path(url.removeprefix(_LOCAL)).open("rb") as file:
            return _looked_into(file, int(size))
    with RangedFile(url, int(size)) as file:
        try:
            return _looked_into(file, int(size))
        finally:
            if file.failure:
                raise file.failure


def _looked_into(file: IO[bytes] | RangedFile, size: int) -> dict[str, Any]:
    with av.open(
        file, "r", options=_OPTIONS, metadata_errors="replace", buffer_size=1 << 20
    ) as container:
        video = [stream for stream in container.streams.video if not _is_cover(stream)]
        audio = list(container.streams.audio)
        for stream in audio:
            settle_layout(stream)
        start, seconds = _span(container)
        sampled = Samples(container, video[:1], audio, start)
        if video and seconds > 0:
            channels = sum(stream.codec_context.channels for stream in audio)
            heard = channels * seconds <= MOST_CHANNEL_SECONDS and size <= MOST_HEARD_BYTES
            sampled.take(seconds, whole=heard)
        return {
            "container": container.format.name,
            "duration_seconds": round(seconds, 3),
            "video": [_video(stream, sampled) for stream in video],
            "audio": [
                _audio(number, stream, sampled) for number, stream in enumerate(audio, start=1)
            ],
            "subtitles": [
                # Without a decoder of its own a stream has no context, and is one all the same.
                stream.codec_context.name if stream.codec_context else "unknown"
                for stream in container.streams.subtitles
            ],
            "faults": sampled.faults[:_MOST_FAULTS],
        }


def _span(container: InputContainer) -> tuple[float, float]:
    """When a file begins on its own clock, and how long it is, in seconds.

    A clock need not begin near zero: a transport stream goes on from whatever was sent before it.
    """
    start = (container.start_time or 0) / av.time_base
    seconds = (container.duration or 0) / av.time_base
    # Matroska's header says when it ends, all others how long it lasts.
    return start, seconds - start if "matroska" in container.format.name else seconds


def _video(stream: VideoStream, sampled: Samples) -> dict[str, Any]:
    context = stream.codec_context
    aspect = stream.sample_aspect_ratio or context.sample_aspect_ratio or 1
    return {
        "codec": context.name,
        "width": context.width,
        "height": context.height,
        "frame_rate": str(stream.base_rate or stream.average_rate or 0),
        "average_frame_rate": str(stream.average_rate or 0),
        "pixel_format": context.pix_fmt or "unknown",
        "sample_aspect": str(aspect),
        "interlaced": sampled.interlaced,
        "transfer": {16: "pq", 18: "hlg"}.get(int(context.color_trc or 0), "sdr"),
        "rotation": sampled.rotation,
        "ends_at": sampled.end(stream),
    }


def _audio(number: int, stream: AudioStream, sampled: Samples) -> dict[str, Any]:
    return {
        "track": number,
        "codec": stream.codec_context.name,
        "channels": stream.codec_context.channels,
        "sample_rate": stream.codec_context.sample_rate or 0,
        "language": stream.language,
        "loudness_lufs": sampled.loudness(stream),
        "ends_at": sampled.end(stream),
    }


def _is_cover(stream: VideoStream) -> bool:
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def headers(path: str) -> dict[str, Any]:
    """The fields of :class:`schemas.mezzanine.Headers` of a file of this machine."""
    with (
        Path(path).open("rb") as file,
        av.open(file, "r", options=_OPTIONS, metadata_errors="replace") as container,
    ):
        video = [stream for stream in container.streams.video if not _is_cover(stream)]
        return {
            "seconds": (container.duration or 0) / av.time_base,
            "pictures": [
                {
                    "width": stream.codec_context.width,
                    "height": stream.codec_context.height,
                    "frame_rate": str(stream.base_rate or stream.average_rate or 0),
                }
                for stream in video
            ],
        }
