"""What a training job leaves in S3: an archive with the artifact and its metrics."""

from __future__ import annotations

import io
import json
import tarfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from adapters.faults import code_of, translated
from recommender.artifact import from_bytes
from recommender.errors import DamagedArtifactError
from recommender.model import Model
from schemas.errors import DamagedTrainingOutputError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_LARGEST_MEMBER = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class TrainingOutput:
    """A candidate: the artifact as bytes and as a model, and what its evaluation said."""

    artifact: bytes
    model: Model
    metrics: dict[str, Any]


def read_training_output(client: S3Client, uri: str) -> TrainingOutput:
    """The output at ``uri``; :class:`DamagedTrainingOutputError` says what is wrong with it."""
    bucket, key = split_uri(uri)
    try:
        with translated("the model bucket"):
            archive = client.get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        raise DamagedTrainingOutputError(f"{uri}: {code_of(error)}") from error
    try:
        members = _members(archive, {"model.bin", "metrics.json"})
        metrics = json.loads(members["metrics.json"], parse_constant=_not_a_number)
        if not isinstance(metrics, dict):
            raise ValueError("metrics.json is not an object")
        return TrainingOutput(members["model.bin"], from_bytes(members["model.bin"]), metrics)
    except KeyError as error:
        raise DamagedTrainingOutputError(f"{uri} has no {error.args[0]}") from error
    except (tarfile.TarError, DamagedArtifactError, ValueError, EOFError, OSError, zlib.error) as e:
        raise DamagedTrainingOutputError(f"{uri}: {e}") from e


def _not_a_number(name: str) -> float:
    raise ValueError(f"metrics.json holds {name}")


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of an ``s3://`` address."""
    parts = urlsplit(uri)
    return parts.netloc, parts.path.removeprefix("/")


def _members(archive: bytes, names: set[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:*") as tar:
        for member in tar:
            name = member.name.removeprefix("./")
            if name not in names or not member.isfile():
                continue
            if member.size > _LARGEST_MEMBER:
                raise ValueError(f"{name} has {member.size} bytes, which is too many to serve")
            content = tar.extractfile(member)
            if content is not None:
                found[name] = content.read()
    return found
