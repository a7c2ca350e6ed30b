"""Snapshots on disk: one folder each, complete by its name, checked by its manifest."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

KEPT = 2
LARGE = 64 * 1024  # bytes; larger ones are written once, beside the snapshots that have them
BLOB = "__marquee_blob__"
_MANIFEST = "manifest.json"
_PARTIAL = "partial"
_BLOBS = "blobs"
_CODE = "lambda-blobs"  # where upstream keeps the functions' code

_logger = logging.getLogger(__name__)
State = tuple[int, Callable[[], Any]]  # format version, what gives the state


class Generations:
    """``folder`` holds ``1/``, ``2/`` …, and what they share: code and other large values."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shared: set[str] = set()
        shutil.rmtree(folder / _PARTIAL, ignore_errors=True)

    def newest(self) -> Path | None:
        """The newest snapshot that is whole; a damaged one is passed over and said."""
        for generation in reversed(self._all()):
            reason = _damage(generation)
            if reason is None:
                return generation
            _logger.error("snapshot %s is passed over: %s", generation.name, reason)
        return None

    def refer_to(self, blobs: set[str]) -> None:
        """The functions' code that the snapshot now being written needs."""
        self._shared.update(f"{_CODE}/{blob}.zip" for blob in blobs)

    def put_away(self, value: bytes) -> dict[str, str]:
        """Keeps a large value outside the snapshot; what stands for it there."""
        digest = hashlib.sha256(value).hexdigest()
        path = self._folder / _BLOBS / digest
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            _write(path.with_suffix(".new"), value)
            path.with_suffix(".new").rename(path)
        self._shared.add(f"{_BLOBS}/{digest}")
        return {BLOB: digest}

    def fetch(self, digest: str) -> bytes:
        """A large value that was put away."""
        return (self._folder / _BLOBS / digest).read_bytes()

    def write(self, states: Mapping[str, State], encode: Callable[[Any], Any]) -> None:
        """Writes the next one. Raises what a service raises; nothing is left behind then."""
        partial = self._folder / _PARTIAL
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        self._shared.clear()
        files = {}
        for name, (version, get) in states.items():
            state = get()
            if state is not None:
                document = {"__ministack_format__": version, "payload": state}
                content = json.dumps(document, default=encode).encode()
                files[f"{name}.json"] = _write(partial / f"{name}.json", content)
        manifest = {"files": files, "shared": sorted(self._shared)}
        _write(partial / _MANIFEST, json.dumps(manifest).encode())
        generations = self._all()
        number = int(generations[-1].name) + 1 if generations else 1
        partial.rename(self._folder / str(number))
        _synchronise(self._folder)
        self._prune()

    def _all(self) -> list[Path]:
        if not self._folder.exists():
            return []
        found = [path for path in self._folder.iterdir() if path.name.isdigit()]
        return sorted(found, key=lambda path: int(path.name))

    def _prune(self) -> None:
        generations = self._all()
        for generation in generations[:-KEPT]:
            shutil.rmtree(generation)
        needed: set[str] = set()
        for generation in generations[-KEPT:]:
            needed.update(json.loads((generation / _MANIFEST).read_bytes())["shared"])
        for folder in (_BLOBS, _CODE):
            for path in (self._folder / folder).glob("*"):
                if f"{folder}/{path.name}" not in needed:
                    path.unlink()


def _damage(generation: Path) -> str | None:
    """Why a snapshot can't be used, where it can't."""
    try:
        manifest = json.loads((generation / _MANIFEST).read_bytes())
        for name, digest in manifest["files"].items():
            if hashlib.sha256((generation / name).read_bytes()).hexdigest() != digest:
                return f"{name} has other content than was written"
        missing = [name for name in manifest["shared"] if not (generation.parent / name).exists()]
    except (OSError, ValueError, KeyError) as error:
        return str(error)
    return f"{missing[0]} is missing" if missing else None


def _write(path: Path, content: bytes) -> str:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return hashlib.sha256(content).hexdigest()


def _synchronise(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
