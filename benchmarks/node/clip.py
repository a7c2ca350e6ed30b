"""A moving picture with sound, packaged as titles are: what the measurements stream.

Plain ffmpeg, in the layout of ``media/<title_id>/<content hash>/``.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

SEGMENT_SECONDS = 4
FRAME_RATE = 25
THUMBNAIL = (160, 90)
RENDITIONS = {"240p": (426, 240, 400), "720p": (1280, 720, 2800)}  # width, height, kbit/s
LANGUAGES = {"en": ("English", 440), "fr": ("Français", 660)}  # a tone of its own for each


@dataclass(frozen=True)
class Clip:
    """A package on disk. ``folder`` holds ``master.m3u8``; its name is the content hash."""

    title_id: str
    folder: Path
    seconds: int

    @property
    def key(self) -> str:
        """Where the package belongs in the media bucket."""
        return f"media/{self.title_id}/{self.folder.name}"

    def files(self) -> dict[str, Path]:
        """Every file by its key in the media bucket."""
        paths = (path for path in self.folder.rglob("*") if path.is_file())
        return {f"{self.key}/{path.relative_to(self.folder).as_posix()}": path for path in paths}


def make_clip(work: Path, title_id: str, *, seconds: int) -> Clip:
    """Package a clip of ``seconds`` below ``work``; the same arguments give the same folder."""
    digest = hashlib.sha256(f"{title_id} {seconds} {RENDITIONS} {LANGUAGES}".encode()).hexdigest()
    folder = work / digest[:16]
    if not (folder / "master.m3u8").exists():
        making = work / f"{digest[:16]}.making"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        _encode(making, seconds)
        _thumbnails(making, seconds)
        _subtitles(making, seconds)
        _poster(making)
        (making / "master.m3u8").write_text(_master())
        making.replace(folder)
    return Clip(title_id, folder, seconds)


def _ffmpeg(*arguments: str) -> None:
    command = ["ffmpeg", "-v", "error", "-nostdin", "-y", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stderr}")


def _picture(seconds: int) -> str:
    width, height, _ = RENDITIONS["720p"]
    return f"testsrc2=size={width}x{height}:rate={FRAME_RATE}:duration={seconds}"


def _hls(folder: Path) -> list[str]:
    folder.mkdir(parents=True)
    return [
        "-f", "hls", "-hls_time", str(SEGMENT_SECONDS), "-hls_playlist_type", "vod",
        "-hls_segment_type", "fmp4", "-hls_fmp4_init_filename", "init.mp4",
        "-start_number", "1", "-hls_segment_filename", str(folder / "seg-%05d.m4s"),
        str(folder / "playlist.m3u8"),
    ]  # fmt: skip


def _encode(folder: Path, seconds: int) -> None:
    for name, (width, height, kbps) in RENDITIONS.items():
        _ffmpeg(
            "-f", "lavfi", "-i", _picture(seconds), "-vf", f"scale={width}:{height}",
            "-c:v", "libx264", "-preset", "ultrafast", "-profile:v", "main",
            "-g", str(SEGMENT_SECONDS * FRAME_RATE // 2), "-sc_threshold", "0",
            "-b:v", f"{kbps}k", "-maxrate", f"{kbps}k", "-bufsize", f"{2 * kbps}k",
            *_hls(folder / name),
        )  # fmt: skip
    for language, (_, tone) in LANGUAGES.items():
        _ffmpeg(
            "-f", "lavfi", "-i", f"sine=frequency={tone}:duration={seconds}",
            "-c:a", "aac", "-b:a", "128k", "-ac", "2", *_hls(folder / "audio" / language),
        )  # fmt: skip


def _thumbnails(folder: Path, seconds: int) -> None:
    (folder / "thumbnails").mkdir()
    width, height = THUMBNAIL
    count = -(-seconds // SEGMENT_SECONDS)
    rows = -(-count // 10)
    _ffmpeg(
        "-f", "lavfi", "-i", _picture(seconds),
        "-vf", f"fps=1/{SEGMENT_SECONDS},scale={width}:{height},tile=10x{rows}", "-frames:v", "1",
        str(folder / "thumbnails/sprite-001.jpg"),
    )  # fmt: skip
    cues = []
    for place in range(count):
        begins, ends = (_time(SEGMENT_SECONDS * n) for n in (place, place + 1))
        x, y = place % 10 * width, place // 10 * height
        cues.append(f"{begins} --> {ends}\nsprite-001.jpg#xywh={x},{y},{width},{height}\n")
    (folder / "thumbnails/thumbnails.vtt").write_text("WEBVTT\n\n" + "\n".join(cues))


def _subtitles(folder: Path, seconds: int) -> None:
    below = folder / "subtitles" / "en"
    below.mkdir(parents=True)
    cues = [
        f"{_time(at)} --> {_time(at + 2)}\nThis is second {at}.\n" for at in range(0, seconds, 2)
    ]
    (below / "subtitles.vtt").write_text(
        "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n" + "\n".join(cues)
    )
    (below / "playlist.m3u8").write_text(
        f"#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{seconds}\n#EXT-X-MEDIA-SEQUENCE:1\n"
        f"#EXT-X-PLAYLIST-TYPE:VOD\n#EXTINF:{seconds},\nsubtitles.vtt\n#EXT-X-ENDLIST\n"
    )


def _poster(folder: Path) -> None:
    _ffmpeg("-f", "lavfi", "-i", _picture(2), "-frames:v", "1", str(folder / "poster.jpg"))


def _master() -> str:
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for language, (name, _) in LANGUAGES.items():
        default = "YES" if language == "en" else "NO"
        lines.append(
            f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="{name}",LANGUAGE="{language}",'
            f'DEFAULT={default},AUTOSELECT=YES,URI="audio/{language}/playlist.m3u8"'
        )
    lines.append(
        '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles",NAME="English",LANGUAGE="en",'
        'DEFAULT=NO,AUTOSELECT=NO,URI="subtitles/en/playlist.m3u8"'
    )
    for name, (width, height, kbps) in RENDITIONS.items():
        lines.append(
            f"#EXT-X-STREAM-INF:BANDWIDTH={(kbps + 128) * 1100},RESOLUTION={width}x{height},"
            f'CODECS="avc1.4d401f,mp4a.40.2",AUDIO="audio",SUBTITLES="subtitles"'
        )
        lines.append(f"{name}/playlist.m3u8")
    return "\n".join([*lines, ""])


def _time(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.000"
