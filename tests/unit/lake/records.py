"""Real records of every event type, and the Parquet that Firehose makes of them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from pathlib import Path

import duckdb

from schemas.envelope import Envelope, sealed
from schemas.events import parse_event
from schemas.lake import duckdb_type, event_types, landing_columns

NOW = 1_795_460_400.0  # 2026-11-23T19:00:00Z
HOUR = 3600.0
# A value for every field of every event, and of the record.
EXAMPLES = {
    "title_id": "t1",
    "occurred_at": NOW - 5,
    "position_seconds": 61.5,
    "duration_seconds": 5400.0,
    "session_id": "session-0001",
    "rating": 4.5,
    "row_id": "top_picks",
    "position": 3,
    "model_version": "20261123T030000Z",
    "propensity": 0.125,
    "query": "lighthouse, née “sea”",
    "result_count": 7,
    "startup_ms": 1200,
    "playing_ms": 60_000,
    "rebuffer_ms": 900,
    "rebuffer_count": 2,
    "bitrate_kbps": 4500,
    "top_bitrate_kbps": 8000,
    "rendition_switches": 3,
    "error_codes": ["MEDIA_ERR_DECODE", "http.503"],
    "failed": True,
    "network": "wifi",
}
_numbers = itertools.count(1)


def type_of(model) -> str:
    return model.model_fields["type"].annotation.__args__[0]


def an_event(type_: str, **fields):
    """A valid event, with no more than is given."""
    raw = {"event_id": f"event-{next(_numbers):08}", "type": type_} | fields
    event = parse_event(raw)
    assert not isinstance(event, list), event
    return event


def a_record(
    type_: str,
    *,
    account_id="account-1",
    profile_id="p1",
    at=NOW,
    country="DE",
    ceiling=None,
    **fields,
):
    """A record as ingest seals it, received at ``at``."""
    return sealed(
        an_event(type_, **fields),
        account_id=account_id,
        profile_id=profile_id,
        received_at=at,
        country=country,
        maturity_ceiling=ceiling,
    )


def one_of_each(at: float = NOW) -> list[Envelope]:
    """A record of every type with every field that the type has."""
    records = []
    for model in event_types():
        names = set(model.model_fields) - {"event_id", "type"}
        records.append(
            a_record(type_of(model), at=at, ceiling=16, **{name: EXAMPLES[name] for name in names})
        )
    return records


def write_landing(path: Path, records: Iterable[Envelope | bytes], columns=None) -> Path:
    """What Firehose writes: the JSON of each record, by the table's columns, as Parquet."""
    columns = columns or landing_columns()
    lines = [each if isinstance(each, bytes) else each.to_json() for each in records]
    path.parent.mkdir(parents=True, exist_ok=True)
    source = path.with_suffix(".json")
    source.write_bytes(b"\n".join(lines) + b"\n")
    kinds = ", ".join(f"'{name}': '{duckdb_type(kind)}'" for name, kind in columns.items())
    with duckdb.connect() as database:
        database.execute(
            f"COPY (SELECT * FROM read_json('{source}', format = 'newline_delimited', "
            f"columns = {{{kinds}}})) TO '{path}' (FORMAT parquet, COMPRESSION snappy)"
        )
    source.unlink()
    return path


def rows(path: Path | str) -> list[dict]:
    """A Parquet file's rows."""
    with duckdb.connect() as database:
        answer = database.execute(f"SELECT * FROM read_parquet('{path}')")
        names = [column[0] for column in answer.description]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def as_json(record: Envelope) -> dict:
    return json.loads(record.to_json())
