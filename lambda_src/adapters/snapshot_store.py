"""A training run's data in S3: what the tables hold now, and what was imported."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.faults import translated
from recommender.catalogue import Title
from recommender.exchange import write_interactions, write_titles
from recommender.history import Signal

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

IMPORTS_PREFIX = "imports/"
_IMPORT_NAME = "interactions.csv.gz"


@dataclass(frozen=True)
class SnapshotStore:
    """A :class:`services.snapshot.SnapshotSink`."""

    client: S3Client
    model_bucket: str
    lake_bucket: str

    def titles_uri(self, run: str) -> str:
        """Where a run's titles are."""
        return f"s3://{self.model_bucket}/snapshots/{run}/titles/"

    def interactions_uri(self, run: str) -> str:
        """Where a run's interactions are."""
        return f"s3://{self.model_bucket}/snapshots/{run}/interactions/"

    def write_titles(self, run: str, titles: Iterable[Title]) -> int:
        """Writes the catalogue; how many titles."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "titles.jsonl.gz")
            count = write_titles(path, titles)
            self._upload(path, f"snapshots/{run}/titles/titles.jsonl.gz")
        return count

    def write_interactions(self, run: str, rows: Iterable[tuple[str, Signal]]) -> int:
        """Writes what viewers did; how many rows."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "interactions.csv.gz")
            count = write_interactions(path, rows)
            if count:
                self._upload(path, f"snapshots/{run}/interactions/interactions.csv.gz")
        return count

    def copy_imports(self, run: str) -> int:
        """Puts what was imported beside it; how many rows."""
        count = 0
        for key in list(self._imports()):
            name = key.removeprefix(IMPORTS_PREFIX).removesuffix(f"/{_IMPORT_NAME}")
            target = f"snapshots/{run}/interactions/interactions-{name.replace('/', '-')}.csv.gz"
            with translated("the lake bucket"), tempfile.TemporaryDirectory() as folder:
                path = Path(folder, _IMPORT_NAME)
                self.client.download_file(self.lake_bucket, key, str(path))
                with gzip.open(path, "rb") as lines:
                    count += max(0, sum(1 for _ in lines) - 1)
                self.client.upload_file(str(path), self.model_bucket, target)
        return count

    def _imports(self) -> Iterator[str]:
        paginator = self.client.get_paginator("list_objects_v2")
        with translated("the lake bucket"):
            for page in paginator.paginate(Bucket=self.lake_bucket, Prefix=IMPORTS_PREFIX):
                for entry in page.get("Contents", []):
                    if entry["Key"].endswith(f"/{_IMPORT_NAME}"):
                        yield entry["Key"]

    def _upload(self, path: Path, key: str) -> None:
        with translated("the model bucket"):
            self.client.upload_file(str(path), self.model_bucket, key)
