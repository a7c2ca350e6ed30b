"""The packages that are published, and which of them the bucket's lifecycle may take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from adapters.faults import code_of, translated
from adapters.media_store import all_at_once
from schemas.package import MASTER
from services.title_listing import PublishedPackage

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectTypeDef, TagTypeDef

RETIRED: TagTypeDef = {"Key": "marquee:retired", "Value": "true"}
_STORE = "the store"
# The lifecycle may have taken an object since it was seen.
_TAKEN = {"NoSuchKey", "404"}


@dataclass(frozen=True)
class S3PublishedMedia:
    """A :class:`services.title_listing.PublishedMedia`.

    A package's manifest is the first of its objects to be tagged and the last to lose the tag, so
    that its tag answers for all of them.
    """

    client: S3Client
    bucket: str

    def find(self, folder: str) -> PublishedPackage | None:
        """Looks at the package's manifest alone, which is the newest of its objects."""
        for item in self._objects(folder + MASTER):
            tagged = self._is_tagged(item["Key"])
            newest = item["LastModified"].timestamp()
            return PublishedPackage(folder, whole=True, newest=newest, let_go=tagged)
        return None

    def packages(self, title_id: str) -> Sequence[PublishedPackage]:
        """By the objects that there are."""
        above = f"media/{title_id}/"

        def folder_of(item: ObjectTypeDef) -> str:
            return above + item["Key"].removeprefix(above).partition("/")[0] + "/"

        found = []
        for folder, group in groupby(self._objects(above), folder_of):
            items = list(group)
            whole = any(item["Key"] == folder + MASTER for item in items)
            newest = max(item["LastModified"] for item in items).timestamp()
            found.append(PublishedPackage(folder, whole=whole, newest=newest))
        return found

    def let_go(self, folder: str) -> int:
        """Tags objects; the bucket's lifecycle removes what carries the tag."""
        manifests, others = self._keys(folder)

        def tag(key: str) -> None:
            with _unless_taken(), translated(_STORE):
                self.client.put_object_tagging(
                    Bucket=self.bucket, Key=key, Tagging={"TagSet": [RETIRED]}
                )

        all_at_once(tag, manifests)
        all_at_once(tag, others)
        return len(manifests) + len(others)

    def keep(self, folder: str) -> None:
        """Takes every tag away, where the manifest has one."""
        if not self._is_tagged(folder + MASTER):
            return
        manifests, others = self._keys(folder)

        def untag(key: str) -> None:
            with _unless_taken(), translated(_STORE):
                self.client.delete_object_tagging(Bucket=self.bucket, Key=key)

        all_at_once(untag, others)
        all_at_once(untag, manifests)

    def _keys(self, folder: str) -> tuple[list[str], list[str]]:
        keys = [item["Key"] for item in self._objects(folder)]
        manifests = [key for key in keys if key.endswith(f"/{MASTER}")]
        return manifests, [key for key in keys if not key.endswith(f"/{MASTER}")]

    def _objects(self, prefix: str) -> Iterator[ObjectTypeDef]:
        pages = self.client.get_paginator("list_objects_v2")
        with translated(_STORE):
            for page in pages.paginate(Bucket=self.bucket, Prefix=prefix):
                yield from page.get("Contents", ())

    def _is_tagged(self, key: str) -> bool:
        with _unless_taken(), translated(_STORE):
            tags = self.client.get_object_tagging(Bucket=self.bucket, Key=key)["TagSet"]
            return RETIRED in tags
        return False


@contextmanager
def _unless_taken() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if code_of(error) not in _TAKEN:
            raise
