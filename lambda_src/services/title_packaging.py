"""From the packaging job's output to a published package: check it, then lay it out.

Nothing here lists a title: the manifest is written last, and the titles table names it only
after that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas.errors import PackageDamagedError
from schemas.ladder import Ladder
from schemas.package import PackageOrder, Part
from services import package_layout as layout
from services.media_ports import MediaStore, MediaTools, Transfer
from services.package_layout import PartPlaylist, Variant
from services.packaging_job import POSTER, THUMBNAIL, parts


@dataclass(frozen=True, kw_only=True)
class PackageArranger:
    """Copies a checked package from staging to where it is played."""

    staging: MediaStore
    media: MediaStore
    tools: MediaTools
    ladder: Ladder

    def arrange(self, order: PackageOrder) -> str:
        """Lays the package out; the manifest, below ``/media/<title_id>/``. Safe to repeat."""
        sizes = self.staging.sizes(f"{order.staging}/")
        playlists = read_parts(self.staging, order, self.ladder)
        transfers: list[Transfer] = []
        for playlist in playlists:
            transfers += playlist.transfers(order)
        self.media.take(transfers, source=self.staging.bucket)
        for playlist in playlists:
            self._put(order, f"{playlist.part.folder}/playlist.m3u8", playlist.published_text())
        seconds = max(playlist.seconds for playlist in playlists)
        self._subtitles(order, seconds)
        self._pictures(order, sizes, seconds)
        self._put(order, "master.m3u8", self._manifest(order, sizes, playlists))
        return order.manifest

    def _put(
        self, order: PackageOrder, name: str, text: str, kind: str = layout.PLAYLIST_TYPE
    ) -> None:
        self.media.write(f"{order.published}/{name}", text.encode(), content_type=kind)

    def _subtitles(self, order: PackageOrder, seconds: float) -> None:
        for track in order.subtitles:
            text = self.staging.read(f"{order.folder}/{track.file}")
            folder = f"{order.published}/subtitles/{track.language}"
            self.media.write(f"{folder}/subtitles.vtt", text, content_type=layout.VTT_TYPE)
            self._put(
                order,
                f"subtitles/{track.language}/playlist.m3u8",
                layout.subtitles_playlist(seconds),
            )

    def _pictures(self, order: PackageOrder, sizes: Mapping[str, int], seconds: float) -> None:
        captured = layout.staged_pictures(sizes, order, THUMBNAIL)
        per_sheet = self.ladder.thumbnails.columns * self.ladder.thumbnails.rows
        for number, start in enumerate(range(0, len(captured), per_sheet), start=1):
            pictures = [self.staging.read(key) for key in captured[start : start + per_sheet]]
            sheet = self.tools.sheet(pictures, self.ladder.thumbnails)
            key = f"{order.published}/thumbnails/{layout.sheet_name(number)}"
            self.media.write(key, sheet, content_type=layout.PICTURE_TYPE)
        track = layout.thumbnails_track(len(captured), self.ladder.thumbnails, seconds)
        self._put(order, "thumbnails/thumbnails.vtt", track, layout.VTT_TYPE)
        if order.poster:
            picture = self.staging.read(f"{order.folder}/{order.poster}")
        else:
            picture = self.staging.read(layout.staged_pictures(sizes, order, POSTER)[-1])
        self.media.write(
            f"{order.published}/poster.jpg",
            self.tools.still(picture, self.ladder.poster),
            content_type=layout.PICTURE_TYPE,
        )

    def _manifest(
        self, order: PackageOrder, sizes: Mapping[str, int], playlists: Sequence[PartPlaylist]
    ) -> str:
        picture = order.mezzanine.video[0]
        boxes = {rung.name: rung for rung in self.ladder.video}
        variants, sound = [], [(0, 0)]
        for playlist in playlists:
            rates = layout.bit_rates(
                [sizes[f"{order.staging}/{name}"] for name in playlist.segments],
                playlist.durations,
            )
            if playlist.part.kind == "audio":
                sound.append(rates)
                continue
            width, height = boxes[playlist.part.name].fitted(picture.width, picture.height)
            codec = layout.h264_codec(self.staging.read(f"{order.staging}/{playlist.init}"))
            variants.append(
                Variant(
                    part=playlist.part,
                    peak=rates[0],
                    average=rates[1],
                    codec=codec,
                    width=width,
                    height=height,
                )  # fmt: skip
            )
        return layout.master_playlist(
            variants,
            rate=picture.rate,
            audio=order.audio,
            audio_peak=max(peak for peak, _ in sound),
            audio_average=max(average for _, average in sound),
            subtitles=order.subtitles,
        )


def read_parts(staging: MediaStore, order: PackageOrder, ladder: Ladder) -> list[PartPlaylist]:
    """Every part's playlist in staging; :class:`PackageDamagedError` names a bad one."""
    return [_read_part(staging, order, part) for part in parts(order, ladder)]


def _read_part(staging: MediaStore, order: PackageOrder, part: Part) -> PartPlaylist:
    text = staging.read(f"{order.staging}/{part.playlist}").decode("utf-8", "replace")
    try:
        return PartPlaylist.parsed(part, text)
    except ValueError as error:
        raise PackageDamagedError.of(part.folder, f"{part.playlist} {error}") from error
