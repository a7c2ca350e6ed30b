"""Deliveries on this machine: a folder with a ``title.json`` and the files that it names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from schemas.intake import DOCUMENT
from schemas.title_document import TitleDocument
from schemas.validation import details_of
from scripts.operators.errors import OperatorError


@dataclass(frozen=True)
class Delivery:
    """One title to be delivered."""

    folder: Path
    document: TitleDocument

    @property
    def mezzanine(self) -> Path:
        """The picture and the sound."""
        return self.folder / self.document.mezzanine

    @property
    def files(self) -> list[Path]:
        """Everything to upload, ``title.json`` last: it says that the rest is there."""
        document = self.document
        names = [document.mezzanine, *(track.file for track in document.subtitles)]
        if document.artwork.poster:
            names.append(document.artwork.poster)
        return [self.folder / name for name in (*names, DOCUMENT)]


def deliveries(folder: Path) -> list[Delivery]:
    """Every delivery of a folder; an :class:`OperatorError` names the file and field at fault."""
    documents = sorted(folder.glob(f"*/{DOCUMENT}")) or sorted(folder.glob(DOCUMENT))
    if not documents:
        raise OperatorError(
            f"{folder} holds no {DOCUMENT}, nor does a folder in it",
            next_step="docs/content.md   shows what a delivery looks like",
        )
    found: dict[str, Delivery] = {}
    for path in documents:
        delivery = _delivery(path)
        title_id = delivery.document.title_id
        other = found.setdefault(title_id, delivery)
        if other is not delivery:
            raise OperatorError(
                f"{path} and {other.folder / DOCUMENT} both have title_id {title_id!r}: "
                "one would take the other's place",
                next_step="give one of them another title_id, or take its folder out of the batch",
            )
    return list(found.values())


def upload(s3: Any, bucket: str, prefix: str, delivery: Delivery) -> str:  # noqa: ANN401 - boto3
    """Puts a delivery below ``prefix``; the key of its ``title.json``."""
    key = ""
    for path in delivery.files:
        key = f"{prefix}/{delivery.document.title_id}/{path.name}"
        s3.upload_file(str(path), bucket, key)
    return key


def _delivery(path: Path) -> Delivery:
    try:
        document = TitleDocument.model_validate_json(path.read_bytes())
    except ValidationError as error:
        faults = "; ".join(
            f"{fault.field} {fault.message}"
            for fault in details_of([dict(found) for found in error.errors()])
        )
        raise OperatorError(f"{path}: {faults}", next_step="mend it and run this again") from None
    delivery = Delivery(path.parent, document)
    for file in delivery.files:
        if not file.is_file():
            raise OperatorError(
                f"{path} names {file.name}, which is not beside it",
                next_step="put it there, or take it out of the document",
            )
    return delivery
