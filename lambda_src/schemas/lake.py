"""The lake's columns, read off the event models: what Glue, Firehose, DuckDB and Spark are told.

Two tables hold the same records. ``landing`` is the record as it was on the stream, the event a
struct within it, since Firehose maps JSON to columns and nothing more. ``events`` is flat: the
record's fields and those of every event type beside each other, null where a type has no such
field. A field of the event whose name the record has as well is prefixed by ``client_``.
``outcomes`` holds what came of each impression (operations/spark/outcomes.py).
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from schemas.envelope import Envelope
from schemas.events import ViewerEvent

LANDING, EVENTS, OUTCOMES = "landing", "events", "outcomes"
EVENT = "event"
CLIENT_PREFIX = "client_"
PARTITION_KEYS = {"day": "date", "hour": "int"}
# Times in Unix seconds, null where it did not come to that; ``propensity`` as it was served.
OUTCOMES_COLUMNS = {
    "event_id": "string",
    "profile_id": "string",
    "title_id": "string",
    "shown_at": "double",
    "country": "string",
    "maturity_ceiling": "bigint",
    "row_id": "string",
    "position": "bigint",
    "model_version": "string",
    "propensity": "double",
    "clicked_at": "double",
    "played_at": "double",
    "completed_at": "double",
    "abandoned_at": "double",
    "dismissed_at": "double",
}
_HIVE = {str: "string", float: "double", int: "bigint", bool: "boolean"}
_DUCKDB = {
    "string": "VARCHAR",
    "double": "DOUBLE",
    "bigint": "BIGINT",
    "int": "INTEGER",
    "boolean": "BOOLEAN",
}


class LakeSchemaError(TypeError):
    """A field of a model has no type in the lake; names the field."""


def event_types() -> tuple[type[BaseModel], ...]:
    """The model of every event type."""
    return tuple(get_args(get_args(ViewerEvent)[0]))


def event_columns() -> dict[str, str]:
    """Hive types by field, of every event type; a field has one type wherever it appears."""
    columns: dict[str, str] = {}
    for model in event_types():
        for name, kind in _fields(model):
            if columns.setdefault(name, kind) != kind:
                raise LakeSchemaError(
                    f"{model.__name__}.{name} is {kind}, elsewhere {columns[name]}: one column "
                    "cannot be both; rename one of the fields"
                )
    return columns


def landing_columns() -> dict[str, str]:
    """Hive types by column of the table that Firehose fills."""
    struct = ",".join(f"{name}:{kind}" for name, kind in event_columns().items())
    return {
        name: f"struct<{struct}>" if name == EVENT else kind for name, kind in _fields(Envelope)
    }


def landing_schema() -> str:
    """The same as Spark reads it: ``schema bigint, event struct<…>, …``."""
    return ", ".join(f"{name} {kind}" for name, kind in landing_columns().items())


def record_columns() -> dict[str, str]:
    """Hive types of the record's own fields, the event left out."""
    return {name: kind for name, kind in landing_columns().items() if name != EVENT}


def flat_names() -> dict[str, str]:
    """The column of ``events`` by field of the event."""
    own = record_columns()
    return {name: f"{CLIENT_PREFIX}{name}" if name in own else name for name in event_columns()}


def events_columns() -> dict[str, str]:
    """Hive types by column of the table that people and jobs read."""
    names = flat_names()
    return record_columns() | {names[name]: kind for name, kind in event_columns().items()}


def record_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """The record on the stream that a row of ``events`` was, nulls left out."""
    record = {name: row[name] for name in record_columns() if row.get(name) is not None}
    record[EVENT] = {
        name: row[column] for name, column in flat_names().items() if row.get(column) is not None
    }
    return record


def duckdb_type(hive: str) -> str:
    """The type that DuckDB has for a Hive type."""
    if hive.startswith("array<"):
        return f"{duckdb_type(hive[6:-1])}[]"
    if hive.startswith("struct<"):
        fields = (field.partition(":") for field in hive[7:-1].split(","))
        return f"STRUCT({', '.join(f'{name} {duckdb_type(kind)}' for name, _, kind in fields)})"
    return _DUCKDB[hive]


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    for name, field in model.model_fields.items():
        called = field.alias or name
        if called == EVENT:
            yield called, ""
            continue
        yield called, _hive(field.annotation, f"{model.__name__}.{called}")


def _hive(annotation: Any, where: str) -> str:  # noqa: ANN401 - whatever a field may be
    origin = get_origin(annotation)
    if origin is Annotated:
        return _hive(get_args(annotation)[0], where)
    if origin is Literal:
        annotation = type(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        some = [each for each in get_args(annotation) if each is not types.NoneType]
        if len(some) == 1:
            return _hive(some[0], where)
    elif origin in (tuple, list):
        return f"array<{_hive(get_args(annotation)[0], where)}>"
    if annotation not in _HIVE:
        raise LakeSchemaError(f"{where}: no column for {annotation!r}; add its type to _HIVE")
    return _HIVE[annotation]
