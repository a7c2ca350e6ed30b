"""A job's settings as one ffmpeg command: the source is decoded once for all outputs.

What the settings ask and this can't do is an error, never left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

# What a mezzanine may be. Playlists and lists of files, which name other files, are not in it.
INPUT_FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mxf,mpegts,mpeg"
# Constant quality of x264 for each of MediaConvert's QVBR levels: 7 looks like 23.
_CRF_AT_LEVEL_7 = 23
_CRF_PER_LEVEL = 2
_PRESET = "veryfast"
_PROFILES = {"BASELINE": "baseline", "MAIN": "main", "HIGH": "high"}

Settings = Mapping[str, Any]


class UnsupportedSettingsError(Exception):
    """The settings are right and this emulator can't follow them."""


@dataclass(frozen=True)
class Output:
    """One output of a job with the base of its files' names."""

    base: str  # destination and name modifier, such as ``staging/x/package_1080p``
    settings: Settings
    group: Settings

    @property
    def video(self) -> Settings | None:
        """The codec settings of the picture, where there is one."""
        description = self.settings.get("VideoDescription")
        return description["CodecSettings"] if description else None


def outputs(settings: Settings) -> Iterator[Output]:
    """Every output of every group; ``base`` is a key in the destination's bucket."""
    for group in settings["OutputGroups"]:
        kind = group["OutputGroupSettings"]
        details = kind.get("CmafGroupSettings") or kind.get("FileGroupSettings")
        if details is None:
            raise UnsupportedSettingsError(f"this emulator makes no {kind['Type']}")
        base = details["Destination"].removeprefix("s3://").partition("/")[2]
        for output in group["Outputs"]:
            yield Output(base + output.get("NameModifier", ""), output, details)


def ffmpeg_command(settings: Settings, source: Path, folder: Path) -> list[str]:
    """What makes all outputs of ``source`` in ``folder``, named as MediaConvert names them."""
    wanted = list(outputs(settings))
    pictures = [output for output in wanted if output.video]
    arguments = [
        *("ffmpeg", "-hide_banner", "-nostdin", "-y", "-loglevel", "error", "-xerror"),
        *("-progress", "pipe:1", "-nostats"),
        # Files alone, and files of these kinds alone: nothing in a file may open another.
        *("-protocol_whitelist", "file", "-format_whitelist", INPUT_FORMATS),
        *("-i", f"file:{source}"),
        *("-filter_complex", _graph(pictures)),
    ]
    for number, output in enumerate(pictures):
        arguments += ["-map", f"[v{number}]", *_picture(output, folder)]
    for output in wanted:
        if not output.video:
            arguments += _sound(settings, output, folder)
    return arguments


def _graph(pictures: list[Output]) -> str:
    """One decoded picture, scaled for each output."""
    heads = "".join(f"[s{number}]" for number in range(len(pictures)))
    chains = [f"[0:v:0]split={len(pictures)}{heads}"]
    for number, output in enumerate(pictures):
        chains.append(f"[s{number}]{_filters(output)}[v{number}]")
    return ";".join(chains)


def _filters(output: Output) -> str:
    description = output.settings["VideoDescription"]
    width, height = description["Width"], description["Height"]
    codec = description["CodecSettings"]
    if codec["Codec"] == "FRAME_CAPTURE":
        capture = codec["FrameCaptureSettings"]
        rate = f"{capture['FramerateNumerator']}/{capture['FramerateDenominator']}"
        # The first frame, then one for every interval, as MediaConvert captures them.
        return (
            f"fps={rate}:round=up:start_time=0,"
            f"scale={width}:{height}:force_original_aspect_ratio=decrease,"
            f"pad={width}:{height}:(ow-iw)/2:(oh-ih)/2,setsar=1,format=yuvj420p"
        )
    h264 = codec["H264Settings"]
    rate = f"{h264['FramerateNumerator']}/{h264['FramerateDenominator']}"
    return f"fps={rate},scale={width}:{height}:flags=bicubic,setsar=1,format=yuv420p"


def _picture(output: Output, folder: Path) -> list[str]:
    codec = output.video or {}
    if codec["Codec"] == "FRAME_CAPTURE":
        capture = codec["FrameCaptureSettings"]
        return [
            *("-c:v", "mjpeg", "-q:v", str(_mjpeg_scale(capture["Quality"]))),
            *("-frames:v", str(capture["MaxCaptures"]), "-start_number", "0", "-f", "image2"),
            str(folder / f"{output.base}.%07d.jpg"),
        ]
    if codec["Codec"] != "H_264":
        raise UnsupportedSettingsError(f"this emulator encodes H_264, not {codec['Codec']}")
    h264 = codec["H264Settings"]
    gop, bitrate = str(h264["GopSize"]), h264["MaxBitrate"]
    quality = h264["QvbrSettings"]["QvbrQualityLevel"]
    return [
        *("-c:v", "libx264", "-preset", _PRESET, "-profile:v", _PROFILES[h264["CodecProfile"]]),
        *("-crf", str(_CRF_AT_LEVEL_7 + _CRF_PER_LEVEL * (7 - quality))),
        *("-maxrate", str(bitrate), "-bufsize", str(h264["HrdBufferSize"])),
        *("-g", gop, "-keyint_min", gop, "-sc_threshold", "0", "-flags", "+cgop"),
        *("-bf", str(h264["NumberBFramesBetweenReferenceFrames"])),
        *_segments(output, folder, "cmfv", _segment_length(output, h264)),
    ]


def _sound(settings: Settings, output: Output, folder: Path) -> list[str]:
    (description,) = output.settings["AudioDescriptions"]
    selectors = settings["Inputs"][0]["AudioSelectors"]
    (track,) = selectors[description["AudioSourceName"]]["Tracks"]
    aac = description["CodecSettings"]["AacSettings"]
    channels = {"CODING_MODE_1_0": 1, "CODING_MODE_2_0": 2}.get(aac["CodingMode"])
    if channels is None:
        raise UnsupportedSettingsError(f"this emulator encodes no {aac['CodingMode']}")
    return [
        *("-map", f"0:a:{track - 1}", "-c:a", "aac", "-b:a", str(aac["Bitrate"])),
        *("-ar", str(aac["SampleRate"]), "-ac", str(channels)),
        *("-af", "aresample=async=1:first_pts=0"),
        *_segments(output, folder, "cmfa", Fraction(output.group["SegmentLength"])),
    ]


def _segments(output: Output, folder: Path, extension: str, length: Fraction) -> list[str]:
    # A little less than a segment, lest rounding moves a cut to the next keyframe.
    seconds = float(length) - 0.001
    return [
        *("-f", "hls", "-hls_time", f"{seconds:.6f}", "-hls_playlist_type", "vod"),
        *("-hls_segment_type", "fmp4", "-hls_flags", "independent_segments"),
        *("-hls_segment_options", "movflags=+cmaf"),
        *("-hls_fmp4_init_filename", f"{Path(output.base).name}init.{extension}"),
        *("-hls_segment_filename", str(folder / f"{output.base}_%09d.{extension}")),
        *("-start_number", "1", str(folder / f"{output.base}.m3u8")),
    ]


def _segment_length(output: Output, h264: Settings) -> Fraction:
    """Whole GOPs, as many as come nearest to the length that is asked for."""
    rate = Fraction(h264["FramerateNumerator"], h264["FramerateDenominator"])
    gop = int(h264["GopSize"]) / rate
    return gop * max(1, round(int(output.group["SegmentLength"]) / gop))


def _mjpeg_scale(quality: int) -> int:
    """ffmpeg's 2 (best) to 31 for MediaConvert's 1 to 100 (best)."""
    return max(2, round(31 - 29 * quality / 100))
