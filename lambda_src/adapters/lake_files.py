"""The lake's objects in S3."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from adapters.faults import code_of, translated
from adapters.items import chunks
from schemas.errors import RetryLaterError
from services.lake import EVENTS_PREFIX, LANDING_PREFIX, LakeFile, LakeHour

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# Hive, Trino, Spark and DuckDB take no file for data whose name begins so.
SOURCES_NAME, SUCCESS_NAME = "_sources.json", "_SUCCESS"
_DELETES_AT_ONCE = 1000


@dataclass(frozen=True)
class LakeBucket:
    """A :class:`services.lake.LakeFiles`."""

    client: S3Client
    bucket: str

    def landed(self, hour: LakeHour) -> list[LakeFile]:
        """The hour's files below ``landing/``."""
        return list(self._list(f"{LANDING_PREFIX}/{hour.folder}/"))

    def landed_hours(self, days: Iterable[str]) -> list[LakeHour]:
        """One listing a day, of folders alone."""
        found = []
        for day in days:
            for folder in self._folders(f"{LANDING_PREFIX}/day={day}/"):
                found.append(_hour(folder))
        return sorted(found)

    def generations(self, hour: LakeHour) -> dict[str, list[LakeFile]]:
        """The hour's files below ``events/``, by the folder that each is in."""
        found = defaultdict(list)
        for file in self._list(f"{EVENTS_PREFIX}/{hour.folder}/"):
            found[file.key.split("/")[3]].append(file)
        return dict(found)

    def oldest_hours(self, before: LakeHour) -> list[LakeHour]:
        """Those among the first thousand files: keys are listed in the order of days."""
        with translated("the lake bucket"):
            answer = self.client.list_objects_v2(Bucket=self.bucket, Prefix=f"{EVENTS_PREFIX}/day=")
        hours = {_hour(entry["Key"]) for entry in answer.get("Contents", [])}
        return sorted(hour for hour in hours if hour < before)

    def sources(self, hour: LakeHour, generation: str) -> frozenset[str] | None:
        """What the generation's own list of them says."""
        key = generation_key(hour, generation, SOURCES_NAME)
        try:
            with translated("the lake bucket"):
                body = self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except ClientError as error:
            if code_of(error) == "NoSuchKey":
                return None
            raise
        return frozenset(json.loads(body)["landed"])

    def is_written(self, hour: LakeHour, generation: str) -> bool:
        """Spark's own sign, which it writes last."""
        key = generation_key(hour, generation, SUCCESS_NAME)
        return any(file.key == key for file in self._list(key))

    def note_sources(self, hour: LakeHour, generation: str, landed: Sequence[LakeFile]) -> None:
        """As the rewriter's list of them."""
        with translated("the lake bucket"):
            self.client.put_object(
                Bucket=self.bucket,
                Key=generation_key(hour, generation, SOURCES_NAME),
                Body=json.dumps({"landed": [file.key for file in landed]}).encode(),
            )

    def delete(self, keys: Collection[str]) -> None:
        """Deletes; :class:`RetryLaterError` where any is left."""
        for some in chunks(sorted(keys), _DELETES_AT_ONCE):
            with translated("the lake bucket"):
                answer = self.client.delete_objects(
                    Bucket=self.bucket,
                    Delete={"Objects": [{"Key": key} for key in some], "Quiet": True},
                )
            if errors := answer.get("Errors"):
                first = errors[0]
                raise RetryLaterError(f"{first.get('Key')}: {first.get('Message')}")

    def fetch(self, key: str, path: Path) -> None:
        """An object to a file."""
        with translated("the lake bucket"):
            self.client.download_file(self.bucket, key, str(path))

    def store(self, path: Path, key: str) -> None:
        """A file to an object, which is there whole or not at all."""
        with translated("the lake bucket"):
            self.client.upload_file(str(path), self.bucket, key)

    def _list(self, prefix: str) -> Iterator[LakeFile]:
        paginator = self.client.get_paginator("list_objects_v2")
        with translated("the lake bucket"):
            for page in paginator.paginate(Bucket=self.bucket, Prefix=prefix):
                for entry in page.get("Contents", []):
                    yield LakeFile(
                        key=entry["Key"],
                        etag=entry["ETag"].strip('"'),
                        size=entry["Size"],
                        modified_at=entry["LastModified"].timestamp(),
                    )

    def _folders(self, prefix: str) -> Iterator[str]:
        paginator = self.client.get_paginator("list_objects_v2")
        with translated("the lake bucket"):
            for page in paginator.paginate(Bucket=self.bucket, Prefix=prefix, Delimiter="/"):
                for entry in page.get("CommonPrefixes", []):
                    yield entry["Prefix"]


def generation_key(hour: LakeHour, generation: str, name: str = "") -> str:
    """The key of a generation's file, or of its folder."""
    return f"{EVENTS_PREFIX}/{hour.folder}/{generation}/{name}"


def _hour(key: str) -> LakeHour:
    _, day, hour, *_ = key.split("/")
    return LakeHour(day.removeprefix("day="), int(hour.removeprefix("hour=")))
