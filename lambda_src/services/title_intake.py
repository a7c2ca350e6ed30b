"""The first step: what was delivered, is it fit to be packaged, has it been packaged already?"""

from __future__ import annotations

import codecs
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile

import webvtt
from pydantic import ValidationError

from schemas import intake_limits as limits
from schemas.intake import DOCUMENT, REFUSAL, Examined, Reason, Refusal
from schemas.ladder import Ladder
from schemas.mezzanine import Mezzanine
from schemas.package import PackageOrder
from schemas.title_document import TitleDocument
from schemas.validation import details_of
from services.media_ports import DeliveredFile, IngestStore, MediaTools, MediaUnreadableError
from services.mezzanine_rules import reasons_against
from services.packaging_job import job_settings
from services.ports import Counter, TitleStore

_HASH_LENGTH = 16
# In the head of a WebVTT file cut from a stream: where that stream's clock stood (RFC 8216, 3.5).
_CLOCK, _MOVED = re.compile(r"^X-TIMESTAMP-MAP=.*", re.MULTILINE), re.compile("[1-9]")
_ARCHIVED = f"is in the archive; restore it or deliver it again, and then {DOCUMENT}"


class _RefusedError(Exception):
    """Ends an examination; never leaves this module."""

    def __init__(self, *reasons: Reason) -> None:
        super().__init__(*reasons)
        self.reasons = reasons


@dataclass(frozen=True, kw_only=True)
class TitleIntake:
    """Examines deliveries."""

    ingest: IngestStore
    tools: MediaTools
    titles: TitleStore
    ladder: Ladder
    count: Counter

    def examine(self, key: str, *, clock: str) -> Examined:
        """What is to be done with the delivery of the ``title.json`` at ``key``.

        A refusal is kept beside the file, with ``clock`` (RFC 3339) as its time, and one of an
        earlier delivery is taken away where this one is good.
        """
        folder = key.rpartition("/")[0]
        try:
            examined = self._examined(key, folder)
        except _RefusedError as refused:
            refusal = Refusal(key=key, refused_at=clock, reasons=refused.reasons)
            self.ingest.write_beside(f"{folder}/{REFUSAL}", refusal.model_dump_json(indent=2))
            self.count("TitleRefused")
            return Examined(outcome="refused", key=key, reasons=refused.reasons)
        self.ingest.remove(f"{folder}/{REFUSAL}")
        return examined

    def _examined(self, key: str, folder: str) -> Examined:
        delivered = self._delivered(key, DOCUMENT, most=limits.MOST_DOCUMENT_BYTES)
        _at_hand({DOCUMENT: delivered})
        document = _parsed(self.ingest.read(key), folder)
        source = f"{folder}/{document.mezzanine}"
        file = self._delivered(source, "mezzanine", most=limits.MOST_BYTES)
        files = {"mezzanine": file} | self._beside(document, folder)
        order = PackageOrder(
            title_id=document.title_id,
            content_hash=self._content_hash(document, files.values()),
            bucket=self.ingest.bucket,
            source=source,
            folder=folder,
            mezzanine=Mezzanine(container="", duration_seconds=0, video=(), audio=()),
            audio=document.audio,
            subtitles=document.subtitles,
            poster=document.artwork.poster,
        )
        known = Examined(
            outcome="unchanged",
            key=key,
            delivered_at=delivered.modified_at,
            item=document.item(),
            order=order,
        )
        record = self.titles.get(document.title_id)
        if record is not None and record.manifest == order.manifest:
            return known  # and nothing was read: after half a year it could not be
        _at_hand(files)
        self._look_beside(document, folder)
        mezzanine = self._looked_into(document, source, file)
        order = order.model_copy(update={"mezzanine": mezzanine})
        job = job_settings(order, self.ladder)
        return known.model_copy(update={"outcome": "package", "order": order, "job": job})

    def _delivered(self, key: str, field: str, *, most: int) -> DeliveredFile:
        file = self.ingest.find(key)
        if file is None:
            name = key.rpartition("/")[2]
            message = f"there is no file {name!r} beside {DOCUMENT}; upload {DOCUMENT} last"
            raise _refused(field, message)
        if not 0 < file.size <= most:
            raise _refused(field, f"has {file.size:,} bytes, must have 1 to {most:,}")
        return file

    def _beside(self, document: TitleDocument, folder: str) -> dict[str, DeliveredFile]:
        """Subtitles and artwork by their fields."""
        files = {
            field: self._delivered(key, field, most=limits.MOST_SUBTITLE_BYTES)
            for field, key in _subtitles(document, folder)
        }
        if document.artwork.poster:
            field, key = "artwork.poster", f"{folder}/{document.artwork.poster}"
            files[field] = self._delivered(key, field, most=limits.MOST_ARTWORK_BYTES)
        return files

    def _look_beside(self, document: TitleDocument, folder: str) -> None:
        for field, key in _subtitles(document, folder):
            fault = webvtt_fault(self.ingest.read(key))
            if fault:
                raise _refused(field, fault)
        if document.artwork.poster:
            picture = self.ingest.read(f"{folder}/{document.artwork.poster}")
            try:
                self.tools.still(picture, self.ladder.poster)
            except MediaUnreadableError as error:
                raise _refused("artwork.poster", error.reason) from error

    def _looked_into(self, document: TitleDocument, source: str, file: DeliveredFile) -> Mezzanine:
        try:
            mezzanine = self.tools.inspect(self.ingest.address(source), file.size)
        except MediaUnreadableError as error:
            raise _refused("mezzanine", error.reason) from error
        reasons = reasons_against(document, mezzanine)
        if reasons:
            raise _RefusedError(*reasons)
        return mezzanine

    def _content_hash(self, document: TitleDocument, files: Iterable[DeliveredFile]) -> str:
        """Names the package: equal files, tracks and ladder give an equal one."""
        made_from = {
            "ladder": self.ladder.digest,
            "audio": [track.model_dump() for track in document.audio],
            "subtitles": [track.model_dump() for track in document.subtitles],
            "files": [file.fingerprint for file in files],
        }
        text = json.dumps(made_from, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:_HASH_LENGTH]


def _subtitles(document: TitleDocument, folder: str) -> Iterator[tuple[str, str]]:
    """Each subtitle file's field and key."""
    for number, track in enumerate(document.subtitles):
        yield f"subtitles[{number}].file", f"{folder}/{track.file}"


def _at_hand(files: Mapping[str, DeliveredFile]) -> None:
    archived = [field for field, file in files.items() if file.archived]
    if archived:
        raise _RefusedError(*(Reason(field=field, message=_ARCHIVED) for field in archived))


def webvtt_fault(content: bytes) -> str | None:
    """What is wrong with a subtitle file, if anything."""
    try:
        text = content.decode("utf-8-sig")
        captions = webvtt.from_string(text, strict=True)
    except UnicodeDecodeError as error:
        return f"is not UTF-8: byte {error.start}"
    except (webvtt.errors.MalformedFileError, webvtt.errors.MalformedCaptionError) as error:
        return f"is not WebVTT: {error}"
    if not len(captions):
        return "has no cues"
    for number, caption in enumerate(captions, start=1):
        if caption.end_in_seconds < caption.start_in_seconds:
            return f"cue {number} ends before it begins"
    clock = _CLOCK.search("\n".join(takewhile(str.strip, text.splitlines())))
    if clock and _MOVED.search(clock[0]):
        return f"moves its cues by {clock[0][:80]}; deliver them on the film's clock, without it"
    return None


def _parsed(content: bytes, folder: str) -> TitleDocument:
    try:
        # Some editors put a byte order mark first, which JSON has no place for.
        document = TitleDocument.model_validate_json(content.removeprefix(codecs.BOM_UTF8))
    except ValidationError as error:
        # What is wrong with all of it is no field's.
        faults = [{**fault, "loc": fault["loc"] or (DOCUMENT,)} for fault in error.errors()]
        details = details_of(faults)
        reasons = [Reason(field=fault.field, message=fault.message) for fault in details]
        raise _RefusedError(*reasons) from error
    if folder.rpartition("/")[2] != document.title_id:
        message = f"is {document.title_id!r}, must be the folder's name, {folder!r}"
        raise _refused("title_id", message)
    return document


def _refused(field: str, message: str) -> _RefusedError:
    return _RefusedError(Reason(field=field, message=message))
