"""Samples of a mezzanine, decoded.

Windows are spread over a file, the last one reaching its end, where a truncated upload has
nothing; in each some of the picture is decoded. The sound is listened to whole where a file can
be read and heard in the time there is, else in the windows.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import av
import av.error
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from adapters.media.loudness import Meter

SHORT_SECONDS = 180.0  # needs no windows
# Some 50 s in all: a 4K mezzanine has 100 MB in each, and the function has five minutes.
WINDOWS = 8
WINDOW_SECONDS = 5.0
_FRAMES_PER_WINDOW = 12
_END_TOLERANCE = 1.0


class Samples:
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
        (_, first_end), *others = windows(seconds)
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


def windows(seconds: float) -> list[tuple[float, float]]:
    if seconds <= SHORT_SECONDS:
        return [(0.0, seconds + 1)]
    step = (seconds - WINDOW_SECONDS) / (WINDOWS - 1)
    return [(step * n, step * n + WINDOW_SECONDS + 1) for n in range(WINDOWS)]
