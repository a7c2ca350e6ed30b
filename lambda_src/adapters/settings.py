"""Settings of the functions: frozen, typed, read from the environment once, when first asked.

A field's environment variable is its name in upper case: ``profiles_table`` is
``PROFILES_TABLE``.
"""

from __future__ import annotations

import os
from functools import cache
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas.errors import SettingsError


class Settings(BaseModel):
    """The root of all settings."""

    model_config = ConfigDict(frozen=True, str_min_length=1)


class EdgeSettings(Settings):
    """Of every function of the API: where the words are by which it knows the edge."""

    edge_secret_arn: str


class ServingSettings(Settings):
    """How the served model and the trending windows are kept in memory, in seconds."""

    model_bucket: str
    model_refresh_seconds: float = Field(default=5.0, ge=0)
    trending_refresh_seconds: float = Field(default=30.0, ge=0)


class TitlesSettings(ServingSettings):
    """Of the titles function."""

    profiles_table: str
    viewing_table: str
    titles_table: str


class ProfilesSettings(Settings):
    """Of the profiles function."""

    profiles_table: str
    viewing_table: str


class RecommendationsSettings(ServingSettings):
    """Of the recommendations function."""

    profiles_table: str
    viewing_table: str
    titles_table: str
    trending_table: str


class InteractionsSettings(Settings):
    """Of the interactions function."""

    profiles_table: str
    viewing_table: str
    titles_table: str
    event_stream: str


class EventsSettings(Settings):
    """Of the events function."""

    profiles_table: str
    event_stream: str


class PlaybackSettings(Settings):
    """Of the playback function."""

    profiles_table: str
    viewing_table: str
    titles_table: str
    streams_table: str
    stream_limit: int = Field(ge=1)
    signing_secret_arn: str
    signing_key_id: str
    delivery_domain_parameter: str


class ProfileConsumerSettings(Settings):
    """Of the profile consumer."""

    profiles_table: str
    viewing_table: str
    failure_bucket: str


class TrendingConsumerSettings(Settings):
    """Of the trending consumer. ``quality_countries`` are apart by spaces."""

    trending_table: str
    quality_countries: str = "US"
    failure_bucket: str


class QualityWidgetSettings(Settings):
    """Of the dashboard's widget."""

    trending_table: str


class LakeUpkeepSettings(Settings):
    """Of the lake's upkeep. ``lake_memory_mb`` is DuckDB's, of the function's 4 GB."""

    lake_bucket: str
    lake_database: str
    lake_retention_days: int = Field(ge=30)
    lake_most_bytes: int = Field(gt=0)
    lake_memory_mb: int = Field(default=2560, gt=0)


class SnapshotSettings(Settings):
    """Of the snapshot step."""

    viewing_table: str
    titles_table: str
    lake_bucket: str
    model_bucket: str


class ModelSettings(Settings):
    """Of the gate and verification steps. ``gate_tolerance`` is a share of the metric."""

    model_bucket: str
    gate_tolerance: float = Field(default=0.02, ge=0, lt=1)


class PublishSettings(Settings):
    """Of the publishing step."""

    model_bucket: str
    trending_table: str


class ExamineSettings(Settings):
    """Of the title workflow's first step."""

    ingest_bucket: str
    titles_table: str


class CheckSettings(Settings):
    """Of the title workflow's check."""

    ingest_bucket: str


class ArrangeSettings(Settings):
    """Of the title workflow's arranging."""

    ingest_bucket: str
    media_bucket: str


class ListSettings(Settings):
    """Of the title workflow's last step."""

    media_bucket: str
    titles_table: str


AnySettings = TypeVar("AnySettings", bound=Settings)


@cache
def load(kind: type[AnySettings]) -> AnySettings:
    """The function's settings; :class:`SettingsError` names the variables that are wrong."""
    names = {name: name.upper() for name in kind.model_fields}
    values = {name: os.environ[key] for name, key in names.items() if key in os.environ}
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        faults = "; ".join(
            f"{names.get(str(fault['loc'][0]), fault['loc'][0])}: {fault['msg']}"
            for fault in error.errors()
        )
        raise SettingsError(f"environment of the function: {faults}") from error
