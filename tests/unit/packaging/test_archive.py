"""Deliveries of files that have been archived meanwhile."""

from __future__ import annotations

import boto3
import numpy as np
import pytest
from av.video.frame import VideoFrame

from adapters.media import pictures
from adapters.media_store import S3IngestStore
from schemas.catalogue import TitleRecord
from tests.unit.packaging.films import film

BESIDE = {
    "subtitles": [{"language": "en", "name": "English", "file": "en.vtt"}],
    "artwork": {"poster": "poster.jpg"},
}
FILES = {"film.mov": "mezzanine", "en.vtt": "subtitles[0].file", "poster.jpg": "artwork.poster"}


@pytest.fixture
def manifest(studio) -> str:
    """Of a title that was packaged, and whose files have been archived since."""
    (studio.folder / "en.vtt").write_text("WEBVTT\n\n00:01.000 --> 00:02.000\nA line\n")
    grey = VideoFrame.from_ndarray(np.full((360, 640, 3), 128, np.uint8), format="rgb24")
    pictures._write(grey, str(studio.folder / "poster.jpg"))
    studio.deliver(film(), **BESIDE)
    examined = studio.examine()
    studio.ingest.archived.update(FILES)
    return examined.order.manifest


def test_the_same_files_again_need_not_be_read(studio, manifest):
    studio.titles.records["mq-1"] = TitleRecord(None, manifest=manifest)
    studio.deliver(None, genres=["Drama"], **BESIDE)
    again = studio.examine()
    assert (again.outcome, again.item["genres"]) == ("unchanged", ["Drama"])


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_has_to_be_read_is_named(studio, manifest, name):
    studio.ingest.archived.intersection_update({name})
    (reason,) = studio.examine().reasons
    assert (reason.field, "in the archive" in reason.message) == (FILES[name], True)


def test_all_of_them_are_named_at_once(studio, manifest):
    assert {reason.field for reason in studio.examine().reasons} == set(FILES.values())


@pytest.fixture
def ingest(aws):
    client = boto3.client("s3")
    client.create_bucket(Bucket="ingest")
    return S3IngestStore(client, "ingest")


@pytest.mark.parametrize(
    ("storage_class", "archived"),
    [("STANDARD", False), ("GLACIER_IR", False), ("GLACIER", True), ("DEEP_ARCHIVE", True)],
)
def test_the_store_says_what_is_archived(ingest, storage_class, archived):
    ingest.client.put_object(Bucket="ingest", Key="a", Body=b"x", StorageClass=storage_class)
    assert ingest.find("a").archived is archived


def test_what_is_restored_can_be_read(ingest):
    ingest.client.put_object(Bucket="ingest", Key="a", Body=b"x", StorageClass="DEEP_ARCHIVE")
    ingest.client.restore_object(Bucket="ingest", Key="a", RestoreRequest={"Days": 7})
    assert not ingest.find("a").archived
    assert ingest.read("a") == b"x"
