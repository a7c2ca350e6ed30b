"""A title's way through the deployed platform: delivered, packaged, played, retired."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import pytest

from adapters.published_media import RETIRED
from adapters.titles_writer import TitlesWriter
from tests.integration.waiting import eventually
from tests.unit.packaging.films import film

TITLE = "delivered-1"
DOCUMENT: dict[str, Any] = {
    "title_id": TITLE, "mezzanine": "film.mov", "original_language": "en",
    "names": {"en": "A delivered film"}, "genres": ["Crime"], "maturity": {"*": 12},
    "audio": [{"language": "en", "name": "English", "track": 1}],
}  # fmt: skip


class Studio:
    """Delivers to the ingest bucket and sees what became of it."""

    def __init__(self, deployment: Any) -> None:
        self.deployment, self.s3 = deployment, deployment.client("s3")
        self.bucket = deployment.output("content", "IngestBucketName")

    def deliver(self, body: bytes, **changes: Any) -> str:
        document = {**DOCUMENT, **changes}
        folder = f"titles/{document['title_id']}"
        self.s3.put_object(Bucket=self.bucket, Key=f"{folder}/film.mov", Body=body)
        text = json.dumps(document).encode()
        self.s3.put_object(Bucket=self.bucket, Key=f"{folder}/title.json", Body=text)
        return folder

    def item(self, title_id: str) -> dict[str, Any]:
        table = self.deployment.table("TitlesTableName")
        return table.get_item(Key={"title_id": title_id}).get("Item", {})

    def refusal(self, folder: str) -> dict[str, Any] | None:
        try:
            found = self.s3.get_object(Bucket=self.bucket, Key=f"{folder}/refused.json")
        except self.s3.exceptions.NoSuchKey:
            return None
        return json.loads(found["Body"].read())


@pytest.fixture(scope="module")
def studio(deployment) -> Studio:
    return Studio(deployment)


@pytest.fixture(scope="module")
def delivered(studio) -> dict[str, Any]:
    studio.deliver(film(width=640, height=360))
    return eventually(lambda: "manifest" in studio.item(TITLE) and studio.item(TITLE), seconds=240)


def test_a_delivered_title_plays_from_the_one_address(http: httpx.Client, profile, delivered):
    grant = http.post(f"/v1/profiles/{profile}/playback", json={"title_id": TITLE}).json()
    assert grant["manifest_url"] == f"/media/{TITLE}/{delivered['manifest']}"
    http.cookies.update(grant["cookies"])
    manifest = http.get(grant["manifest_url"])
    assert manifest.status_code == 200, manifest.text
    folder = grant["manifest_url"].removesuffix("master.m3u8")
    for name in ("240p/seg-00001.m4s", "360p/init.mp4", "audio/en/playlist.m3u8", "poster.jpg"):
        assert http.get(folder + name).status_code == 200, name
    # The account's places are few, and other tests need them.
    stopped = http.delete(f"/v1/profiles/{profile}/playback/{grant['stream_id']}")
    assert stopped.status_code == 204


def test_a_hostile_upload_is_refused_and_the_workflow_ends(studio):
    folder = studio.deliver(b"PK\x03\x04 not a film", title_id="hostile-1")
    refusal = eventually(lambda: studio.refusal(folder), seconds=120)
    assert refusal["reasons"][0]["field"] == "mezzanine"
    assert studio.item("hostile-1") == {}


def test_a_package_that_is_replaced_is_let_go_and_the_new_one_is_not(studio, delivered):
    bucket = studio.deployment.output("content", "MediaBucketName")

    def tags() -> list[list[dict[str, str]]]:
        manifests = (delivered["manifest"], studio.item(TITLE)["manifest"])
        return [
            studio.s3.get_object_tagging(Bucket=bucket, Key=f"media/{TITLE}/{name}")["TagSet"]
            for name in manifests
        ]

    studio.deliver(film(width=426, height=240))
    assert eventually(lambda: tags() == [[RETIRED], []], seconds=240)


def test_a_retired_title_is_gone_at_once(http: httpx.Client, deployment, delivered):
    writer = TitlesWriter(
        deployment.client("dynamodb"), deployment.output("profiles", "TitlesTableName")
    )
    assert http.get(f"/v1/titles/{TITLE}").status_code == 200
    assert writer.retire(TITLE, now=time.time())
    assert http.get(f"/v1/titles/{TITLE}").status_code == 404
