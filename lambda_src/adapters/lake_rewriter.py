"""An hour of the lake made whole by DuckDB: each record once, flat, sorted, in few files."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from adapters.lake_files import SOURCES_NAME, LakeBucket, generation_key
from schemas.lake import EVENT, duckdb_type, flat_names, landing_columns, record_columns
from services.lake import LakeFile, LakeHour, Rewritten

_ID = f"{EVENT}.event_id"
_READABLE = f"{_ID} IS NOT NULL AND profile_id IS NOT NULL"


@dataclass(frozen=True)
class DuckdbRewriter:
    """A :class:`services.lake.Rewriter`. What does not fit in ``memory_mb`` goes to ``scratch``."""

    files: LakeBucket
    memory_mb: int = 1024
    row_group: int = 122_880
    scratch: str | None = None

    def __call__(self, sources: Sequence[LakeFile], hour: LakeHour, generation: str) -> Rewritten:
        """Writes data first and the list of its sources last."""
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            landed = [Path(folder, f"landed-{place:05}") for place in range(len(sources))]
            for file, path in zip(sources, landed, strict=True):
                self.files.fetch(file.key, path)
            whole = Path(folder, "whole.parquet")
            counts = self._rewrite(landed, whole, Path(folder, "spill"))
            made = Path(folder, SOURCES_NAME)
            made.write_text(json.dumps({"landed": [file.key for file in sources], **counts}))
            keys = [
                generation_key(hour, generation, name) for name in ("part-0.parquet", SOURCES_NAME)
            ]
            for path, key in zip((whole, made), keys, strict=True):
                self.files.store(path, key)
        return Rewritten(**counts, files=keys)

    def _rewrite(self, landed: Iterable[Path], whole: Path, spill: Path) -> dict[str, int]:
        with duckdb.connect() as database:
            database.execute(f"SET memory_limit = '{self.memory_mb}MB'")
            database.execute(f"SET temp_directory = '{spill}'")
            database.execute("SET preserve_insertion_order = false")
            files = [str(path) for path in landed]
            database.execute(f"CREATE VIEW landed AS {_as_landed(files)}", [])
            total, readable = _numbers(
                database, f"SELECT count(*), count(*) FILTER ({_READABLE}) FROM landed"
            )
            database.execute(
                f"COPY ({_once()}) TO '{whole}' "
                f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {self.row_group})"
            )
            (records,) = _numbers(database, f"SELECT count(*) FROM read_parquet('{whole}')")
        return {
            "records": records,
            "repeats": readable - records,
            "unreadable": total - readable,
        }


def _numbers(database: duckdb.DuckDBPyConnection, question: str) -> tuple[int, ...]:
    row = database.execute(question).fetchone()
    assert row is not None
    return tuple(row)


def _as_landed(files: Sequence[str]) -> str:
    # Cast by name: a file of last year lacks the fields of this one, and reads them as null.
    columns = ", ".join(
        f'CAST("{name}" AS {duckdb_type(kind)}) AS "{name}"'
        for name, kind in landing_columns().items()
    )
    empty = ", ".join(
        f'CAST(NULL AS {duckdb_type(kind)}) AS "{name}"' for name, kind in landing_columns().items()
    )
    return (
        f"SELECT {columns} FROM (SELECT * FROM (SELECT {empty}) WHERE false "
        f"UNION ALL BY NAME SELECT * FROM read_parquet({files!r}, union_by_name = true, "
        "hive_partitioning = false))"
    )


def _once() -> str:
    """The first of each event's records. Sorted by type, so that a reader of one skips the rest."""
    own = [f'"{name}"' for name in record_columns()]
    of_event = [f'{EVENT}."{name}" AS "{column}"' for name, column in flat_names().items()]
    return (
        f"SELECT {', '.join([*own, *of_event])} FROM landed WHERE {_READABLE} "
        f"QUALIFY row_number() OVER (PARTITION BY profile_id, {_ID} ORDER BY received_at) = 1 "
        f"ORDER BY {EVENT}.type, profile_id, received_at, {_ID}"
    )
