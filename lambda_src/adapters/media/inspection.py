"""What a mezzanine is: its streams by its headers, and samples of it decoded.

Windows are spread over a file, the last one reaching its end, where a truncated upload has
nothing; in each some of the picture is decoded. The sound is listened to whole where a file can
be read and heard in the time there is, else in the windows.
"""

from __future__ import annotations

import ctypes
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import av
import av.error
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
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
            _settle_layout(stream)
        start, seconds = _span(container)
        sampled = _Samples(container, video[:1], audio, start)
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


def _settle_layout(stream: AudioStream) -> None:
    """Gives channels in an order of their own, such as 7.1 in QuickTime, libav's usual one.

    PyAV from 17.1 on frees such an order once too often whenever it is asked for, as it does for
    each frame. So the one that is asked for here is kept for good, and no other is made. Sides
    and backs count the same in loudness, so which is which makes no difference.
    """
    layout = stream.codec_context.layout
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(layout))
    if "(" in layout.name:  # the channels one by one: the order has no name
        stream.codec_context.options = {"ch_layout": f"{layout.nb_channels}c"}
        stream.codec_context.open(strict=False)


def _span(container: InputContainer) -> tuple[float, float]:
    """When a file begins on its own clock, and how long it is, in seconds.

    A clock need not begin near zero: a transport stream goes on from whatever was sent before it.
    """
    start = (container.start_time or 0) / av.time_base
    seconds = (container.duration or 0) / av.time_base
    # Matroska's header says when it ends, all others how long it lasts.
    return start, seconds - start if "matroska" in container.format.name else seconds


class _Samples:
    """Decodes windows of a file and keeps what is seen and heard; times count from ``start``."""

    def __init__(
        self,
        container: InputContainer,
        video: list[VideoStream],
        audio: list[AudioStream],
        start: float,
    ) -> None:
        self._container, self._video, self._audio = container, video, audio
        self._start = start
        self._folder = tempfile.TemporaryDirectory()
        self._meters = {
            stream.index: Meter(stream, Path(self._folder.name) / f"{stream.index}.txt")
            for stream in audio
        }
        self.interlaced, self.rotation = False, 0
        self.faults: list[str] = []
        self._ends: dict[int, float] = {}  # of each stream, by its index

    def take(self, seconds: float, *, whole: bool) -> None:
        """Looks at the windows of a file of this length, and hears them or the ``whole``."""
        (_, first_end), *others = _windows(seconds)
        if whole:
            self._part(0.0, seconds + 1, looks=[start for start, _ in others])
        else:
            self._part(0.0, first_end)
            for start, end in others:
                self._container.seek(int((self._start + start) * av.time_base))
                self._part(start, end)
        last = max(self._ends.values(), default=0.0)
        if last < seconds - _END_TOLERANCE - self._longest_frame():
            self.faults.insert(  # the reason of all the others
                0, f"ends at {last:.1f} s where its header says {seconds:.1f} s: truncated"
            )

    def end(self, stream: AudioStream | VideoStream) -> float | None:
        """When the last of a stream that was met is over, once the windows have been taken."""
        end = self._ends.get(stream.index)
        return None if end is None else round(end, 3)

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
            time = start if packet.dts is None else self._time(packet, packet.dts)
            if time > end:
                return
            picture = packet.stream in self._video
            if packet.size:
                self._measure(packet)
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

    def _measure(self, packet: Packet[Any]) -> None:
        at = packet.pts if packet.pts is not None else packet.dts
        if at is not None:
            end, index = self._time(packet, at + (packet.duration or 0)), packet.stream.index
            self._ends[index] = max(self._ends.get(index, 0.0), end)

    def _time(self, packet: Packet[Any], stamp: int) -> float:
        return float(stamp * packet.time_base) - self._start

    def _see(self, frame: VideoFrame) -> None:
        self.interlaced |= bool(frame.interlaced_frame)
        self.rotation = self.rotation or abs(int(frame.rotation))

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
        "rotation": sampled.rotation,
        "ends_at": sampled.end(stream),
    }


def _audio(number: int, stream: AudioStream, sampled: _Samples) -> dict[str, Any]:
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
