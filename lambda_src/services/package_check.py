"""Whether what the packaging job left is what was ordered, before any of it is published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas import intake_limits as limits
from schemas.errors import PackageDamagedError
from schemas.ladder import Ladder
from schemas.package import PackageOrder
from services import package_layout as layout
from services.media_ports import MediaStore, MediaTools, MediaUnreadableError, SegmentFacts
from services.package_layout import PartPlaylist
from services.packaging_job import POSTER, THUMBNAIL
from services.title_packaging import read_parts

ALIGNMENT_TOLERANCE = 0.002  # of renditions against each other, in seconds
_START_TOLERANCE = 0.15  # of a decoded segment against its place in the playlist
_SAMPLES = 3


@dataclass(frozen=True, kw_only=True)
class PackageChecker:
    """Looks at every segment's presence and length, and decodes some of each part."""

    staging: MediaStore
    tools: MediaTools
    ladder: Ladder

    def check(self, order: PackageOrder) -> dict[str, int]:
        """How many segments each part has. :class:`PackageDamagedError` names part and fault."""
        sizes = self.staging.sizes(f"{order.staging}/")
        playlists = read_parts(self.staging, order, self.ladder)
        for playlist in playlists:
            _is_whole(playlist, order, sizes)
            self._plays(playlist, order)
        _are_aligned([playlist for playlist in playlists if playlist.part.kind == "video"])
        for what, modifier in (("thumbnails", THUMBNAIL), ("poster", POSTER)):
            if not layout.staged_pictures(sizes, order, modifier):
                raise PackageDamagedError.of(what, "no picture was captured")
        return {playlist.part.folder: len(playlist.segments) for playlist in playlists}

    def _plays(self, playlist: PartPlaylist, order: PackageOrder) -> None:
        part = playlist.part.folder
        numbers = _spread(len(playlist.segments))
        init = self.staging.read(f"{order.staging}/{playlist.init}")
        segments = [self.staging.read(f"{order.staging}/{playlist.segments[n]}") for n in numbers]
        try:
            facts = self.tools.segments(init, segments)
        except MediaUnreadableError as error:
            raise PackageDamagedError.of(part, f"does not play: {error.reason}") from error
        for number, fact in zip(numbers, facts, strict=True):
            where = f"segment {number + 1}"
            fault = _fault(fact, sum(playlist.durations[:number]), playlist.durations[number])
            if fault:
                raise PackageDamagedError.of(part, f"{where} {fault}")
            self._has_its_size(playlist, order, fact)

    def _has_its_size(
        self, playlist: PartPlaylist, order: PackageOrder, fact: SegmentFacts
    ) -> None:
        if playlist.part.kind == "audio":
            return
        picture = order.mezzanine.video[0]
        rung = next(rung for rung in self.ladder.video if rung.name == playlist.part.name)
        wanted = rung.fitted(picture.width, picture.height)
        if (fact.width, fact.height) != wanted:
            found = f"{fact.width}x{fact.height}, not {wanted[0]}x{wanted[1]}"
            raise PackageDamagedError.of(playlist.part.folder, f"its picture is {found}")


def _is_whole(playlist: PartPlaylist, order: PackageOrder, sizes: Mapping[str, int]) -> None:
    part = playlist.part.folder
    for name in (playlist.init, *playlist.segments):
        if not sizes.get(f"{order.staging}/{name}"):
            raise PackageDamagedError.of(part, f"{name} is missing or empty")
    wanted = order.mezzanine.duration_seconds
    if abs(playlist.seconds - wanted) > limits.LENGTH_TOLERANCE:
        message = f"plays {playlist.seconds:.2f} s, and the mezzanine {wanted:.2f} s"
        raise PackageDamagedError.of(part, message)


def _are_aligned(video: Sequence[PartPlaylist]) -> None:
    """A player that changes rendition at a segment's border meets the same moment."""
    first = video[0]
    for other in video[1:]:
        pairs = zip(first.durations, other.durations, strict=False)
        if len(first.durations) != len(other.durations) or any(
            abs(mine - theirs) > ALIGNMENT_TOLERANCE for mine, theirs in pairs
        ):
            message = f"its segments are not those of {first.part.folder}"
            raise PackageDamagedError.of(other.part.folder, message)


def _fault(fact: SegmentFacts, start: float, seconds: float) -> str | None:
    if fact.start is None or fact.decoded == 0:
        return "decodes to nothing"
    if not fact.keyframe:
        return "does not begin with a keyframe"
    if abs(fact.start - start) > _START_TOLERANCE:
        return f"begins at {fact.start:.3f} s, and its playlist says {start:.3f} s"
    if abs(fact.end - fact.start - seconds) > _START_TOLERANCE:
        return f"lasts {fact.end - fact.start:.3f} s, and its playlist says {seconds:.3f} s"
    return None


def _spread(count: int) -> list[int]:
    """The first, the last and what lies between them, without repeats."""
    return sorted({round(n * (count - 1) / (_SAMPLES - 1)) for n in range(_SAMPLES)})
