"""The named queries against Parquet made of real records, in DuckDB."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from schemas.lake import OUTCOMES_COLUMNS, duckdb_type, events_columns, landing_columns
from stacks.constructs.lake_queries import named_queries


class Questions:
    """The tables over folders as the lake has them; ``ask`` runs a named query as it stands."""

    def __init__(self, folder: Path) -> None:
        self._database = duckdb.connect()
        tables = (
            ("landing", landing_columns(), "day DATE, hour INTEGER"),
            ("events", events_columns(), "day DATE, hour INTEGER"),
            ("outcomes", OUTCOMES_COLUMNS, "day DATE"),
        )
        for name, columns, partitions in tables:
            kinds = ", ".join(f'"{field}" {duckdb_type(kind)}' for field, kind in columns.items())
            self._database.execute(f"CREATE TABLE {name} ({kinds}, {partitions})")
            if any((folder / name).rglob("*.parquet")):
                self._database.execute(
                    f"INSERT INTO {name} BY NAME SELECT * FROM read_parquet("
                    f"'{folder / name}/**/*.parquet', hive_partitioning = true, "
                    "hive_types_autocast = true, union_by_name = true)"
                )

    def ask(self, name: str) -> list[dict]:
        answer = self._database.execute(named_queries()[name][1])
        columns = [column[0] for column in answer.description]
        return [dict(zip(columns, row, strict=True)) for row in answer.fetchall()]


def write_outcomes(path: Path, rows: list[dict]) -> None:
    """A file of the table ``outcomes``; fields that a row lacks are null."""
    path.parent.mkdir(parents=True, exist_ok=True)
    source = path.with_suffix(".json")
    source.write_text("\n".join(json.dumps(row) for row in rows))
    kinds = ", ".join(f"{name}: '{duckdb_type(kind)}'" for name, kind in OUTCOMES_COLUMNS.items())
    with duckdb.connect() as database:
        database.execute(
            f"COPY (SELECT * FROM read_json('{source}', columns = {{{kinds}}})) TO '{path}'"
        )
    source.unlink()
