"""Packages one file on this machine without the platform: folders in the place of buckets.

    python -m local.packaging film.mov out/ --title-id my-title [--subtitles en=film.vtt]

The same steps as the workflow's, in the same code: look into the file, make the job's settings
from the ladder, run them with ffmpeg, check what came out, lay it out.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from adapters.media.tools import SandboxedTools
from local.emulator.mediaconvert.command import ffmpeg_command
from local.emulator.mediaconvert.ffmpeg import run_ffmpeg
from schemas.errors import NotFoundError
from schemas.ladder import shipped_ladder
from schemas.mezzanine import Mezzanine
from schemas.package import MASTER, AudioTrack, PackageOrder, SubtitleTrack
from services.media_ports import Transfer
from services.package_check import PackageChecker
from services.packaging_job import job_settings
from services.title_packaging import PackageArranger


@dataclass(frozen=True)
class FolderStore:
    """A :class:`services.media_ports.MediaStore` in a folder; content types are not kept."""

    root: Path

    @property
    def bucket(self) -> str:
        """The folder's name, as other stores know it."""
        return str(self.root)

    def sizes(self, prefix: str) -> Mapping[str, int]:
        """Bytes by key."""
        files = (path for path in (self.root / prefix).rglob("*") if path.is_file())
        return {path.relative_to(self.root).as_posix(): path.stat().st_size for path in files}

    def read(self, key: str) -> bytes:
        """A file's bytes."""
        try:
            return (self.root / key).read_bytes()
        except FileNotFoundError:
            raise NotFoundError.of("key", key) from None

    def write(self, key: str, body: bytes, *, content_type: str) -> None:
        """Writes a file and the folders above it."""
        path = self.root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)

    def take(self, transfers: Sequence[Transfer], *, source: str) -> None:
        """Copies files from another store's folder."""
        for transfer in transfers:
            target = self.root / transfer.target
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(Path(source) / transfer.source, target)


def package(
    source: Path,
    folder: Path,
    *,
    title_id: str,
    content_hash: str = "0" * 16,
    audio: Sequence[AudioTrack] = (),
    subtitles: Sequence[SubtitleTrack] = (),
) -> str:
    """Packages ``source`` into ``folder``, which stands for the media bucket.

    Subtitles lie beside the source. The manifest's key; raises what the workflow's steps raise.
    """
    tools, ladder = SandboxedTools(), shipped_ladder()
    mezzanine = tools.inspect(f"file:{source}", source.stat().st_size)
    order = PackageOrder(
        title_id=title_id,
        content_hash=content_hash,
        bucket="ingest",
        source=source.name,
        folder=".",
        mezzanine=mezzanine,
        audio=tuple(audio) or _tracks(mezzanine),
        subtitles=tuple(subtitles),
    )
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        work = Path(name)
        (work / order.staging).mkdir(parents=True)
        for beside in (*(track.file for track in order.subtitles), *filter(None, [order.poster])):
            shutil.copyfile(source.parent / beside, work / beside)
        run_ffmpeg(ffmpeg_command(job_settings(order, ladder), source, work))
        staging = FolderStore(work)
        PackageChecker(staging=staging, tools=tools, ladder=ladder).check(order)
        PackageArranger(
            staging=staging, media=FolderStore(folder), tools=tools, ladder=ladder
        ).arrange(order)
    return f"{order.published}/{MASTER}"


def _tracks(mezzanine: Mezzanine) -> tuple[AudioTrack, ...]:
    return tuple(
        AudioTrack(language=stream.language or "und", name=f"Track {stream.track}",
                   track=stream.track)
        for stream in mezzanine.audio
    )  # fmt: skip


def main(
    source: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A mezzanine file.")],
    folder: Annotated[Path, typer.Argument(help="Where to put media/<title_id>/<hash>/.")],
    title_id: Annotated[str, typer.Option(help="The title's id.")] = "local-title",
    subtitles: Annotated[
        list[str] | None, typer.Option(help="LANGUAGE=FILE, a WebVTT file beside the source.")
    ] = None,
) -> None:
    """Package one file with the ladder, on this machine, without the platform."""
    console = Console()
    chosen = [text.partition("=") for text in subtitles or ()]
    tracks = [SubtitleTrack(language=code, name=code, file=name) for code, _, name in chosen]
    with console.status(f"packaging {source.name}"):
        key = package(source.resolve(), folder, title_id=title_id, subtitles=tracks)
    console.print(folder / key)


if __name__ == "__main__":
    typer.run(main)
