"""How long packaging takes: ours, whole, against one plain ffmpeg with the same ladder.

    python -m benchmarks.packaging [--source film.mov] [--runs 3]

Ours looks into the file, makes seek-bar pictures and a poster, checks what came out by decoding
it, and lays it out; plain ffmpeg encodes the same renditions and audio to fMP4 with HLS playlists
and does nothing else. The two take turns, so that another load on the machine meets both; what
counts is the median of the ratios of wall-clock time, beside that of processor time.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from adapters.media.tools import SandboxedTools
from local.packaging import package
from schemas.ladder import Rendition, shipped_ladder
from schemas.mezzanine import Mezzanine

LIMIT = 1.1
SECONDS = 30


def make_source(path: Path) -> None:
    """A film in 1080p with detail that moves, and two audio tracks."""
    subprocess.run(
        [
            *("ffmpeg", "-v", "error", "-y", "-f", "lavfi"),
            *("-i", f"testsrc2=s=1920x1080:r=24:d={SECONDS},boxblur=3"),
            *("-f", "lavfi", "-i", f"sine=f=330:d={SECONDS}"),
            *("-f", "lavfi", "-i", f"sine=f=440:d={SECONDS}"),
            *("-map", "0:v", "-map", "1:a", "-map", "2:a", "-c:v", "libx264"),
            *("-preset", "ultrafast", "-crf", "16", "-pix_fmt", "yuv420p", "-c:a", "aac"),
            str(path),
        ],
        check=True,
    )


def plain_ffmpeg(source: Path, folder: Path, mezzanine: Mezzanine) -> list[str]:
    """What ffmpeg's documentation would have one write for this ladder."""
    ladder, picture = shipped_ladder(), mezzanine.video[0]
    rungs = ladder.renditions_for(picture.width, picture.height)
    # As polite as ours is, lest another load on the machine decides.
    arguments = ["nice", "-n", "10", "ffmpeg", "-v", "error", "-nostdin", "-y", "-i", str(source)]
    gop = str(ladder.gop_frames(picture.rate))
    for _ in rungs:
        arguments += ["-map", "0:v:0"]
    for stream in mezzanine.audio:
        arguments += ["-map", f"0:a:{stream.track - 1}"]
    for number, rung in enumerate(rungs):
        arguments += _rendition(number, rung, picture.width, picture.height)
    audio = " ".join(f"a:{n},agroup:sound,language:l{n}" for n in range(len(mezzanine.audio)))
    video = " ".join(f"v:{n},agroup:sound" for n in range(len(rungs)))
    return [
        *arguments,
        *("-c:v", "libx264", "-preset", "veryfast", "-g", gop, "-keyint_min", gop),
        *("-sc_threshold", "0", "-bf", "2", "-c:a", "aac", "-b:a", f"{ladder.audio.kbps}k"),
        *("-ar", str(ladder.audio.sample_rate), "-ac", str(ladder.audio.channels)),
        *("-f", "hls", "-hls_time", str(ladder.segment_seconds), "-hls_playlist_type", "vod"),
        *("-hls_segment_type", "fmp4", "-var_stream_map", f"{video} {audio}"),
        *("-master_pl_name", "master.m3u8", "-hls_segment_filename", f"{folder}/%v/%05d.m4s"),
        f"{folder}/%v/playlist.m3u8",
    ]


def _rendition(number: int, rung: Rendition, width: int, height: int) -> list[str]:
    wide, high = rung.fitted(width, height)
    crf = 23 + 2 * (7 - rung.quality)
    return [
        *(f"-filter:v:{number}", f"scale={wide}:{high}:flags=bicubic"),
        *(f"-profile:v:{number}", rung.profile.lower(), f"-crf:v:{number}", str(crf)),
        *(f"-maxrate:v:{number}", f"{rung.max_kbps}k"),
        *(f"-bufsize:v:{number}", f"{2 * rung.max_kbps}k"),
    ]


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock, and of the processor in this process and its children."""
    began, before = time.perf_counter(), _processor()
    work()
    return time.perf_counter() - began, _processor() - before


def _processor() -> float:
    uses = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(use.ru_utime + use.ru_stime for use in uses)


def main(
    source: Annotated[
        Path | None, typer.Option(help="A mezzanine; without it one is made.")
    ] = None,
    runs: Annotated[int, typer.Option(min=1, help="Of each, taking turns.")] = 3,
) -> None:
    """Compare, and print a table; exit 1 where the limit is missed."""
    console = Console()
    rows = []
    with tempfile.TemporaryDirectory() as name, console.status("packaging") as status:
        work = Path(name)
        if source is None:
            source = work / "film.mov"
            make_source(source)
        source = source.resolve()
        mezzanine = SandboxedTools().inspect(f"file:{source}", source.stat().st_size)
        for run in range(1, runs + 1):
            status.update(f"run {run} of {runs}")
            command = plain_ffmpeg(source, work / f"plain-{run}", mezzanine)
            mine = work / f"ours-{run}"
            mine.mkdir()
            plain = timed(lambda command=command: subprocess.run(command, check=True))
            ours = timed(lambda mine=mine: package(source, mine, title_id="benchmark"))
            rows.append((ours, plain))
    table = Table(title=f"{mezzanine.duration_seconds:.0f} s, {mezzanine.video[0].height} lines")
    for column in ("run", "ours, s", "plain ffmpeg, s", "ratio", "processor ratio"):
        table.add_column(column, justify="right")
    walls = [ours[0] / plain[0] for ours, plain in rows]
    processors = [ours[1] / plain[1] for ours, plain in rows]
    for run, (ours, plain) in enumerate(rows):
        table.add_row(
            str(run + 1), f"{ours[0]:.1f}", f"{plain[0]:.1f}", f"{walls[run]:.3f}",
            f"{processors[run]:.3f}",
        )  # fmt: skip
    console.print(table)
    ratio, processor = statistics.median(walls), statistics.median(processors)
    console.print(f"median ratio {ratio:.3f} (limit {LIMIT}), of processor time {processor:.3f}")
    if ratio > LIMIT:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
