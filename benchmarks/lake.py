"""What it takes to make an hour of the lake whole, beside DuckDB copying the same file.

``python -m benchmarks.lake --records 1000000`` (with ``.venv``, and ``lambda_src`` on the path).
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import duckdb
import typer
from rich.console import Console
from rich.table import Table

from adapters.lake_files import LakeBucket
from adapters.lake_rewriter import DuckdbRewriter
from adapters.settings import LakeUpkeepSettings
from schemas.lake import duckdb_type, landing_columns
from services.lake import LakeFile, LakeHour

REPEATED = 0.01
HOUR = LakeHour("2026-11-23", 19)


class Folder(LakeBucket):
    """A lake bucket that is a folder: the time of S3 is not what is measured."""

    def __init__(self, root: Path) -> None:
        object.__setattr__(self, "root", root)

    def fetch(self, key: str, path: Path) -> None:
        """Copies the file."""
        shutil.copyfile(self.root / key, path)

    def store(self, path: Path, key: str) -> None:
        """Copies the file."""
        target = self.root / key
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def main(records: Annotated[int, typer.Option(min=1000)] = 1_000_000) -> None:
    """Progress events of 10,000 viewers, one in a hundred twice."""
    console = Console()
    with tempfile.TemporaryDirectory() as folder, console.status("landing"):
        root = Path(folder)
        landed = _land(root / "landed.parquet", records)
        source = LakeFile("landed.parquet", "e", landed.stat().st_size, 0.0)
        rewriter = DuckdbRewriter(Folder(root), memory_mb=_function_memory_mb())
        copied = _timed(lambda: _copy(landed, root / "copy.parquet"))
        whole = _timed(lambda: rewriter([source], HOUR, "g"))
        copy = (root / "copy.parquet").stat().st_size
        made = (root / f"events/{HOUR.folder}/g/part-0.parquet").stat().st_size
    table = Table(title=f"{records:,} records that landed in {source.size / 1e6:,.1f} MB")
    for name in ("", "seconds", "records/s", "of a copy", "MB"):
        table.add_column(name, justify="right" if name else "left")
    for name, seconds, size in (("copy (DuckDB)", copied, copy), ("make whole", whole, made)):
        row = (f"{seconds:.2f}", f"{records / seconds:,.0f}", f"{seconds / copied:.1f}")
        table.add_row(name, *row, f"{size / 1e6:,.1f}")
    console.print(table)


def _function_memory_mb() -> int:
    """What DuckDB has of the function's memory."""
    given: int = LakeUpkeepSettings.model_fields["lake_memory_mb"].default
    return given


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _copy(source: Path, target: Path) -> None:
    with duckdb.connect() as database:
        database.execute(f"COPY (SELECT * FROM '{source}') TO '{target}' (COMPRESSION zstd)")


def _land(path: Path, records: int) -> Path:
    """What Firehose would have written, in the order of arrival."""
    event = duckdb_type(landing_columns()["event"])
    with duckdb.connect() as database:
        database.execute("SELECT setseed(0.5)")
        database.execute(
            f"""COPY (SELECT 2 AS schema, CAST({{
                'event_id': md5(floor(n * (1 - {REPEATED}))::VARCHAR), 'type': 'progress',
                'title_id': 'mq-' || (hash(n) % 3000), 'position_seconds': (n % 7200)::DOUBLE,
                'occurred_at': 1795460400.0 + n * 3600.0 / {records}
            }} AS {event}) AS event, 'account-' || (hash(n // 7) % 5000) AS account_id,
            'profile-' || (hash(floor(n * (1 - {REPEATED}))) % 10000) AS profile_id,
            1795460400.0 + n * 3600.0 / {records} AS received_at,
            1795460400.0 + n * 3600.0 / {records} AS occurred_at, 'client' AS clock,
            'DE' AS country FROM range({records}) AS numbers(n)) TO '{path}' (COMPRESSION snappy)"""
        )
    return path


if __name__ == "__main__":
    typer.run(main)
