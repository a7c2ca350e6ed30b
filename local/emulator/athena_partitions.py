"""Athena reads a table's partitions from where Glue says they are.

AWS: a table with partitions in Glue is read from their locations, so that moving one is how data
is swapped. Upstream: every file below the table's location is read, whatever Glue says.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import Any

from local.emulator import upstream

Partition = dict[str, Any]


def close() -> None:
    """Reads the partitions of tables that have any; other tables as upstream does."""
    athena = upstream.require(
        "ministack.services.athena", "_materialize_table_files(location, workdirs)"
    )
    glue = upstream.require("ministack.services.glue", "_tables", "_partitions")
    whole = athena._materialize_table_files

    def materialize(location: str, workdirs: list[str]) -> list[str]:
        name, table = _table_at(glue, location)
        partitions: list[Partition] = glue._partitions.get(name) or []
        if not partitions:
            files: list[str] = whole(location, workdirs)
            return files
        keys = [key["Name"] for key in table["PartitionKeys"]]
        root = tempfile.mkdtemp(prefix="ministack-athena-")
        workdirs.append(root)
        return [
            moved
            for partition in partitions
            for moved in _moved(
                whole(partition["StorageDescriptor"]["Location"], workdirs),
                os.path.join(root, *_folders(keys, partition["Values"])),
            )
        ]

    athena._materialize_table_files = materialize


def _table_at(glue: upstream.Module, location: str) -> tuple[str, dict[str, Any]]:
    """The table of that location, by the name that partitions are kept under."""
    for name, table in glue._tables.items():
        found = (table.get("StorageDescriptor") or {}).get("Location")
        if found == location and table.get("PartitionKeys"):
            return name, table
    return "", {}


def _folders(keys: list[str], values: list[str]) -> list[str]:
    """As Hive names them, which is how the reader learns the keys' values."""
    return [f"{key}={value}" for key, value in zip(keys, values, strict=True)]


def _moved(files: list[str], folder: str) -> list[str]:
    os.makedirs(folder, exist_ok=True)
    return [
        shutil.move(path, os.path.join(folder, f"{number:06}-{os.path.basename(path)}"))
        for number, path in enumerate(files)
    ]
