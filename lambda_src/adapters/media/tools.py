"""The sandboxed tools as the use cases know them."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from adapters.media.sandbox import ChildError, Limits, run
from schemas.fields import Shape
from schemas.ladder import Box, Thumbnails
from schemas.mezzanine import Headers, Mezzanine
from schemas.validation import details_of
from services.media_ports import MediaUnreadableError, SegmentFacts

S = TypeVar("S", bound=Shape)


@dataclass(frozen=True)
class SandboxedTools:
    """A :class:`services.media_ports.MediaTools`. Files in between are gone when it answers."""

    limits: Limits = field(default_factory=Limits)

    def inspect(self, url: str, size: int) -> Mezzanine:
        """What the object at a presigned ``url`` is."""
        return _described(Mezzanine, self._run("inspect", url, str(size)))

    def headers(self, path: Path) -> Headers:
        """What a file of this machine says of itself; it is not gone through."""
        return _described(Headers, self._run("headers", str(path)))

    def segments(self, init: bytes, segments: Sequence[bytes]) -> list[SegmentFacts]:
        """Each segment, decoded after its initialisation section."""
        with tempfile.TemporaryDirectory() as folder:
            files = _written(folder, [init, *segments])
            answer = self._run("segment", *files)
        return [SegmentFacts(**facts) for facts in answer["segments"]]

    def sheet(self, pictures: Sequence[bytes], thumbnails: Thumbnails) -> bytes:
        """A sheet of thumbnails."""
        size = (thumbnails.columns, thumbnails.rows, thumbnails.width, thumbnails.height)
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "sheet.jpg"
            files = _written(folder, pictures)
            self._run("sheet", *(str(side) for side in size), str(target), *files)
            return target.read_bytes()

    def still(self, picture: bytes, box: Box) -> bytes:
        """One picture in a box."""
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "still.jpg"
            (file,) = _written(folder, [picture])
            self._run("still", str(box.width), str(box.height), file, str(target))
            return target.read_bytes()

    def _run(self, *arguments: str) -> dict[str, Any]:
        try:
            return run(arguments, limits=self.limits)
        except ChildError as error:
            raise MediaUnreadableError(error.reason) from error


def _described(shape: type[S], answer: dict[str, Any]) -> S:
    try:
        return shape.model_validate(answer)
    except ValidationError as error:  # such as a rate of 1/0
        faults = ", ".join(f"{d.field} {d.message}" for d in details_of(_plain(error)))
        raise MediaUnreadableError(f"describes itself wrongly: {faults}") from error


def _plain(error: ValidationError) -> list[dict[str, Any]]:
    return [dict(fault) for fault in error.errors()]


def _written(folder: str, contents: Sequence[bytes]) -> list[str]:
    files = []
    for number, content in enumerate(contents):
        path = Path(folder) / f"{number:05d}"
        path.write_bytes(content)
        files.append(str(path))
    return files
