"""The model's pointer in S3, and what the steps of the training workflow hand on."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from schemas.fields import Shape

# A version is a part of an S3 key and an execution's name.
Version = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,128}$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ModelPointer(Shape):
    """``models/current.json``: which artifact is served. ``published_at`` is Unix seconds.

    ``catalogue`` is the digest of the titles that the artifact must be of, where it is known.
    """

    # The serving code of today reads the pointer of tomorrow's publisher.
    model_config = ConfigDict(extra="ignore", frozen=True)

    version: Version
    key: str = Field(pattern=r"^models/[A-Za-z0-9_./-]+$")
    sha256: Sha256
    bytes: int = Field(gt=0)
    catalogue: Sha256 | None = None
    published_at: float
    metrics: dict[str, Any] = {}
    previous: str | None = None


class Step(BaseModel):
    """An input of a step of the state machine; what it doesn't need it leaves alone."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class SnapshotRequest(Step):
    """``run`` is the execution's name."""

    run: Version


class Snapshot(Shape):
    """Where the training data of a run is, and how much."""

    run: str
    titles_uri: str
    interactions_uri: str
    titles: int
    interactions: int


class GateRequest(Step):
    """What the training job left: ``artifact_uri`` is the ``s3://`` address of the archive."""

    run: Version
    artifact_uri: str = Field(pattern=r"^s3://[^/]+/.+$")


class GateDecision(Shape):
    """Whether the candidate may replace the incumbent, and why."""

    promote: bool
    reason: str
    metrics: dict[str, Any]
    incumbent: dict[str, Any] | None
    artifact_uri: str
    version: str


class PublishRequest(Step):
    """The gate's decision, as far as publishing needs it."""

    promote: bool
    version: Version
    artifact_uri: str = Field(pattern=r"^s3://[^/]+/.+$")
    metrics: dict[str, Any]


class Published(Step):
    """What is served from now on."""

    version: Version
    key: str
    sha256: Sha256
    bytes: int


class Verified(Shape):
    """The published model loads, and recommends."""

    version: str
    verified: bool
