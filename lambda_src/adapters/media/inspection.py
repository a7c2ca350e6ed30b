"""What a mezzanine is: its streams by its headers, and samples of it decoded.

Windows are spread over a file, the last one reaching its end, where a truncated upload has
nothing; in each some of the picture is decoded. The sound is listened to whole where a file can
be read and heard in the time there is, else in the windows.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import av
import av.error
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from adapters.media.loudness import Meter
from adapters.media.ranged import RangedFile

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
SHORT_SECONDS = 180.0  # needs no windows
# Heard whole: up to so much of sound in all channels (at 570 times its own speed on one core, that
# is 70 s) in a file of so many bytes. The function has five minutes for all.
MOST_CHANNEL_SECONDS = 40_000.0
MOST_HEARD_BYTES = 3 << 30
# Some 50 s in all: a 4K mezzanine has 100 MB in each, and the function has five minutes.
WINDOWS = 8
WINDOW_SECONDS = 5.0
_FRAMES_PER_WINDOW = 12
_END_TOLERANCE = 1.0
_MOST_FAULTS = 5
_LOCAL = "file:"


def inspect(url: str, size: str) -> dict[str, Any]:
    """The fields of :class:`schemas.mezzanine.Mezzanine` for the object at ``url``."""
    with (
        _opened(url, int(size)) as file,
        av.open(
            file, "r", options=_OPTIONS, metadata_errors="replace", buffer_size=1 << 20
        ) as container,
    ):
        video = [stream for stream in container.streams.video if not _is_cover(stream)]
        audio = list(container.streams.audio)
        seconds = (container.duration or 0) / av.time_base
        sampled = _Samples(container, video[:1], audio)
        if video and seconds > 0:
            channels = sum(stream.codec_context.channels for stream in audio)
            heard = channels * seconds <= MOST_CHANNEL_SECONDS and int(size) <= MOST_HEARD_BYTES
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


def _opened(url: str, size: int) -> IO[bytes] | RangedFile:
    """An object of a store by its presigned address, or a file of this machine."""
    if url.startswith(_LOCAL):
        return Path(url.removeprefix(_LOCAL)).open("rb")
    return RangedFile(url, size)


class _Samples:
    """Decodes windows of a file and keeps what is seen and heard."""

    def __init__(
        self, container: InputContainer, video: list[VideoStream], audio: list[AudioStream]
    ) -> None:
        self._container, self._video, self._audio = container, video, audio
        self._folder = tempfile.TemporaryDirectory()
        self._meters = {
            stream.index: Meter(stream, Path(self._folder.name) / f"{stream.index}.txt")
            for stream in audio
        }
        self.interlaced = False
        self.faults: list[str] = []
        self._end = 0.0

    def take(self, seconds: float, *, whole: bool) -> None:
        """Looks at the windows of a file of this length, and hears them or the ``whole``."""
        (_, first_end), *others = _windows(seconds)
        if whole:
            self._part(0.0, seconds + 1, looks=[start for start, _ in others])
        else:
            self._part(0.0, first_end)
            for start, end in others:
                self._container.seek(int(start * av.time_base))
                self._part(start, end)
        picture_end = self._end
        if picture_end < seconds - _END_TOLERANCE - self._longest_frame():
            self.faults.insert(  # the reason of all the others
                0,
                f"ends at {picture_end:.1f} s where its header says {seconds:.1f} s: truncated",
            )

    def loudness(self, stream: AudioStream) -> float | None:
        """LUFS of a track, once the windows have been taken."""
        return self._meters[stream.index].result()

    def _longest_frame(self) -> float:
        rate = self._video[0].average_rate
        return float(1 / rate) if rate else 1.0

    def _part(self, start: float, end: float, *, looks: Sequence[float] = ()) -> None:
        """Hears a part of the file; the picture is looked at as it begins, and at each of looks."""
        shown, looks = 0, list(looks)
        for packet in self._packets():
            time = float(packet.dts * packet.time_base) if packet.dts is not None else start
            if time > end:
                return
            picture = packet.stream in self._video
            if picture and packet.size:
                length = float((packet.duration or 0) * packet.time_base)
                at = packet.pts if packet.pts is not None else packet.dts
                if at is not None:
                    self._end = max(self._end, float(at * packet.time_base) + length)
            if picture and looks and time >= looks[0] and packet.is_keyframe:
                shown, looks = 0, [look for look in looks if look > time]
                packet.stream.codec_context.flush_buffers()  # what it waits for was left out
            if picture and shown >= _FRAMES_PER_WINDOW:
                continue
            try:
                frames: list[Any] = packet.decode()
            except av.error.FFmpegError as error:
                what = "picture" if picture else "sound"
                self.faults.append(f"the {what} can't be decoded at {time:.1f} s: {error.strerror}")
                continue
            for frame in frames:
                if picture:
                    shown += 1
                    self._see(frame)
                else:
                    self._meters[packet.stream.index].hear(frame)

    def _see(self, frame: VideoFrame) -> None:
        self.interlaced |= bool(frame.interlaced_frame)

    def _packets(self) -> Iterator[Any]:
        try:
            yield from self._container.demux([*self._video, *self._audio])
        except av.error.FFmpegError as error:
            self.faults.append(f"can't be read to its end: {error.strerror}")


def _windows(seconds: float) -> list[tuple[float, float]]:
    if seconds <= SHORT_SECONDS:
        return [(0.0, seconds + 1)]
    step = (seconds - WINDOW_SECONDS) / (WINDOWS - 1)
    return [(step * n, step * n + WINDOW_SECONDS + 1) for n in range(WINDOWS)]


def _video(stream: VideoStream, sampled: _Samples) -> dict[str, Any]:
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
    }


def _audio(number: int, stream: AudioStream, sampled: _Samples) -> dict[str, Any]:
    return {
        "track": number,
        "codec": stream.codec_context.name,
        "channels": stream.codec_context.channels,
        "sample_rate": stream.codec_context.sample_rate or 0,
        "language": stream.language,
        "loudness_lufs": sampled.loudness(stream),
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
