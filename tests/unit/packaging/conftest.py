"""An ingest bucket and a media bucket in folders, and one delivery in them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from adapters.media.sandbox import Limits
from adapters.media.tools import SandboxedTools
from schemas.catalogue import TitleRecord
from schemas.ladder import shipped_ladder
from services.media_ports import DeliveredFile
from services.title_intake import TitleIntake

KEY = "titles/mq-1/title.json"
DOCUMENT: dict[str, Any] = {
    "title_id": "mq-1",
    "mezzanine": "film.mov",
    "original_language": "en",
    "names": {"en": "A film", "de": "Ein Film"},
    "genres": ["Crime"],
    "maturity": {"*": 16, "DE": 12},
    "audio": [{"language": "en", "name": "English", "track": 1}],
}


@dataclass
class FolderIngest:
    """A :class:`services.media_ports.IngestStore` in a folder."""

    root: Path
    bucket: str = "ingest"
    archived: set[str] = field(default_factory=set)  # names of files

    def find(self, key: str) -> DeliveredFile | None:
        path = self.root / key
        if not path.is_file():
            return None
        fingerprint, archived = str(hash(path.read_bytes())), path.name in self.archived
        return DeliveredFile(path.stat().st_size, fingerprint, 1000.0, archived)

    def read(self, key: str) -> bytes:
        assert Path(key).name not in self.archived, "InvalidObjectState"
        return (self.root / key).read_bytes()

    def address(self, key: str) -> str:
        return f"file:{self.root / key}"

    def write_beside(self, key: str, text: str) -> None:
        (self.root / key).write_text(text)

    def remove(self, key: str) -> None:
        (self.root / key).unlink(missing_ok=True)


@dataclass
class Shelf:
    """A titles table with what a test puts into it."""

    records: dict[str, TitleRecord] = field(default_factory=dict)

    def get(self, title_id: str) -> TitleRecord | None:
        return self.records.get(title_id)


class Studio:
    """Delivers files and has them examined."""

    def __init__(self, root: Path) -> None:
        self.ingest, self.titles = FolderIngest(root), Shelf()
        self.counted: list[str] = []
        self.folder = root / "titles" / "mq-1"
        self.folder.mkdir(parents=True)

    def deliver(self, film: bytes | None, **changes: Any) -> None:
        if film is not None:
            (self.folder / "film.mov").write_bytes(film)
        (self.folder / "title.json").write_text(json.dumps({**DOCUMENT, **changes}))

    def examine(self, *, seconds: int = 60):
        intake = TitleIntake(
            ingest=self.ingest,
            tools=SandboxedTools(Limits(seconds=seconds)),
            titles=self.titles,
            ladder=shipped_ladder(),
            count=lambda name, *_, **__: self.counted.append(name),
        )
        return intake.examine(KEY, clock="2026-11-24T20:00:00Z")


@pytest.fixture
def studio(tmp_path) -> Studio:
    return Studio(tmp_path)


@pytest.fixture
def aws(monkeypatch):
    """AWS in this process, for what boto3 asks."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield
