"""How a published package is laid out: names, playlists and the manifest. Pure.

::

    media/<title_id>/<content hash>/master.m3u8
        <rendition>/playlist.m3u8, init.mp4, seg-00001.m4s …
        audio/<language>/playlist.m3u8, init.mp4, seg-00001.m4s …
        subtitles/<language>/playlist.m3u8, subtitles.vtt
        thumbnails/sheet-00001.jpg …, thumbnails.vtt
        poster.jpg
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import m3u8

from schemas.ladder import Thumbnails
from schemas.package import MASTER, AudioTrack, PackageOrder, Part, SubtitleTrack
from services.media_ports import Transfer

PLAYLIST_TYPE = "application/vnd.apple.mpegurl"
VTT_TYPE = "text/vtt"
PICTURE_TYPE = "image/jpeg"
_AAC = "mp4a.40.2"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartPlaylist:
    """A part as the job left it: its files' names in staging, and each segment's seconds."""

    part: Part
    init: str
    segments: tuple[str, ...]
    durations: tuple[float, ...]

    @classmethod
    def parsed(cls, part: Part, text: str) -> PartPlaylist:
        """Of a media playlist; :class:`ValueError` for one that is no finished fMP4 playlist."""
        playlist = m3u8.loads(text)
        if playlist.is_variant or not playlist.segments or not playlist.is_endlist:
            raise ValueError("is not a finished media playlist")
        if not playlist.segment_map or len(playlist.segment_map) != 1:
            raise ValueError("names no initialisation section, or several")
        return cls(
            part=part,
            init=str(playlist.segment_map[0].uri),
            segments=tuple(str(segment.uri) for segment in playlist.segments),
            durations=tuple(float(segment.duration) for segment in playlist.segments),
        )

    @property
    def seconds(self) -> float:
        """How long it plays."""
        return math.fsum(self.durations)

    def published_text(self) -> str:
        """The playlist with the names that its files have once published."""
        lines = [
            "#EXTM3U", "#EXT-X-VERSION:7",
            f"#EXT-X-TARGETDURATION:{math.ceil(max(self.durations))}",
            "#EXT-X-MEDIA-SEQUENCE:1", "#EXT-X-PLAYLIST-TYPE:VOD",
            "#EXT-X-INDEPENDENT-SEGMENTS", '#EXT-X-MAP:URI="init.mp4"',
        ]  # fmt: skip
        for number, seconds in enumerate(self.durations, start=1):
            lines += [f"#EXTINF:{seconds:.6f},", segment_name(number)]
        return _text([*lines, "#EXT-X-ENDLIST"])

    def transfers(self, order: PackageOrder) -> list[Transfer]:
        """From the job's names to the published ones."""
        kind = self.part.kind
        target = f"{order.published}/{self.part.folder}"
        return [
            Transfer(f"{order.staging}/{self.init}", f"{target}/init.mp4", f"{kind}/mp4"),
            *(
                Transfer(
                    f"{order.staging}/{name}", f"{target}/{segment_name(number)}", f"{kind}/mp4"
                )
                for number, name in enumerate(self.segments, start=1)
            ),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A rendition as the manifest announces it; bits per second of picture alone."""

    part: Part
    peak: int
    average: int
    codec: str
    width: int
    height: int


def segment_name(number: int) -> str:
    """The name of segment ``number``, counted from 1."""
    return f"seg-{number:05d}.m4s"


def bit_rates(sizes: Sequence[int], seconds: Sequence[float]) -> tuple[int, int]:
    """Bits per second of the fullest segment, and of all of them."""
    peak = max(8 * size / length for size, length in zip(sizes, seconds, strict=True))
    return math.ceil(peak), math.ceil(8 * sum(sizes) / math.fsum(seconds))


def h264_codec(init: bytes) -> str:
    """RFC 6381's name of the picture's codec; :class:`ValueError` where it isn't H.264."""
    at = init.find(b"avcC")
    if at < 0 or len(init) < at + 8:
        raise ValueError("holds no H.264 configuration")
    return f"avc1.{init[at + 5 : at + 8].hex().upper()}"


def master_playlist(
    variants: Sequence[Variant],
    *,
    rate: Fraction,
    audio: Sequence[AudioTrack],
    audio_peak: int,
    audio_average: int,
    subtitles: Sequence[SubtitleTrack],
) -> str:
    """The manifest: audio and subtitles as groups, then the renditions, smallest first."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for number, track in enumerate(audio):
        lines.append(_medium("AUDIO", "audio", track, f"audio/{track.language}", number == 0))
    for text in subtitles:
        lines.append(_medium("SUBTITLES", "subtitles", text, f"subtitles/{text.language}", False))
    for variant in variants:
        attributes = {
            "BANDWIDTH": str(variant.peak + audio_peak),
            "AVERAGE-BANDWIDTH": str(variant.average + audio_average),
            "CODECS": f'"{variant.codec},{_AAC}"',
            "RESOLUTION": f"{variant.width}x{variant.height}",
            "FRAME-RATE": f"{float(rate):.3f}",
            "AUDIO": '"audio"',
            **({"SUBTITLES": '"subtitles"'} if subtitles else {}),
            "CLOSED-CAPTIONS": "NONE",
        }
        described = ",".join(f"{name}={value}" for name, value in attributes.items())
        lines += [f"#EXT-X-STREAM-INF:{described}", f"{variant.part.folder}/playlist.m3u8"]
    return _text(lines)


def _medium(
    kind: str, group: str, track: AudioTrack | SubtitleTrack, folder: str, default: bool
) -> str:
    chosen = "YES" if default else "NO"
    automatic = "YES" if kind == "SUBTITLES" else chosen
    return (
        f'#EXT-X-MEDIA:TYPE={kind},GROUP-ID="{group}",LANGUAGE="{track.language}",'
        f'NAME="{track.name}",DEFAULT={chosen},AUTOSELECT={automatic},'
        f'URI="{folder}/playlist.m3u8"'
    )


def subtitles_playlist(seconds: float) -> str:
    """One WebVTT file for the whole title."""
    return _text(
        [
            "#EXTM3U",
            "#EXT-X-VERSION:7",
            f"#EXT-X-TARGETDURATION:{math.ceil(seconds)}",
            "#EXT-X-MEDIA-SEQUENCE:1",
            "#EXT-X-PLAYLIST-TYPE:VOD",
            f"#EXTINF:{seconds:.6f},",
            "subtitles.vtt",
            "#EXT-X-ENDLIST",
        ]  # fmt: skip
    )


def thumbnails_track(count: int, thumbnails: Thumbnails, seconds: float) -> str:
    """WebVTT that says which part of which sheet shows each moment."""
    per_sheet = thumbnails.columns * thumbnails.rows
    lines = ["WEBVTT"]
    for number in range(count):
        start = number * thumbnails.every_seconds
        end = min(start + thumbnails.every_seconds, seconds) if number < count - 1 else seconds
        if end <= start:
            break
        sheet, place = divmod(number, per_sheet)
        row, column = divmod(place, thumbnails.columns)
        box = (
            f"{column * thumbnails.width},{row * thumbnails.height},"
            f"{thumbnails.width},{thumbnails.height}"
        )
        lines += ["", f"{_clock(start)} --> {_clock(end)}", f"{sheet_name(sheet + 1)}#xywh={box}"]
    return _text(lines)


def sheet_name(number: int) -> str:
    """The name of thumbnail sheet ``number``, counted from 1."""
    return f"sheet-{number:05d}.jpg"


def manifest_key(order: PackageOrder) -> str:
    """The manifest's key in the media bucket."""
    return f"{order.published}/{MASTER}"


def staged_pictures(sizes: Mapping[str, int], order: PackageOrder, modifier: str) -> list[str]:
    """Keys of the frames that the job captured under a name modifier, in time's order."""
    return sorted(key for key in sizes if f"{modifier}." in key.removeprefix(order.staging))


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours:02d}:{minutes:02d}:{rest:06.3f}"


def _text(lines: Sequence[str]) -> str:
    return "\n".join(lines) + "\n"
