"""Gives the demo something to play: its films are made and delivered beside everything else."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from local import demo_titles
from local.emulator.mediaconvert.ffmpeg import FfmpegError
from recommender.catalogue import Title
from scripts.operators.delivery import deliveries, upload
from scripts.operators.deployment import Deployment
from scripts.operators.errors import OperatorError


class Films:
    """Delivers a film for some titles of the catalogue, once for each world.

    On a thread of its own: the platform serves meanwhile. What a stopped platform left undone is
    delivered again at its next start.
    """

    def __init__(self, deployment: Deployment, titles: Iterable[Title], folder: Path) -> None:
        self._deployment, self._folder = deployment, folder
        self._wanted = demo_titles.choose(titles)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="films", daemon=True)
        self.trouble: str | None = None

    def start(self) -> None:
        """Begins, where a film is missing."""
        self._thread.start()

    def stop(self) -> None:
        """Begins no further film; whatever ffmpeg runs ends with this process."""
        self._stop.set()

    def missing(self) -> list[Title]:
        """The chosen titles that do not play yet."""
        table = self._deployment.table("TitlesTableName")
        items = (
            (title, table.get_item(Key={"title_id": title.title_id}).get("Item", {}))
            for title in self._wanted
        )
        return [title for title, item in items if "manifest" not in item]

    def _run(self) -> None:
        try:
            bucket = self._deployment.output("content", "IngestBucketName")
            for title in self.missing():
                folder = demo_titles.make(title, self._folder)
                if self._stop.is_set():
                    return
                (delivery,) = deliveries(folder)
                upload(self._deployment.client("s3"), bucket, "titles", delivery)
        except (FfmpegError, OperatorError, ClientError, BotoCoreError, OSError) as error:
            if not self._stop.is_set():
                self.trouble = f"the demo's films could not be made: {error}"
