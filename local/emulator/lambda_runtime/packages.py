"""Function code and layers on disk: unpacked once for each content, shared by all who run it."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import os
import shutil
import sys
import tempfile
import threading
import zipfile
from pathlib import Path

# What the Python runtimes of Lambda bring along.
RUNTIME_PACKAGES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")
_lock = threading.Lock()


def unpacked(archive: bytes, under: Path) -> Path:
    """A folder with the archive's content, there already or made now."""
    folder = under / hashlib.sha256(archive).hexdigest()[:32]
    with _lock:
        if not folder.exists():
            under.mkdir(parents=True, exist_ok=True)
            fresh = Path(tempfile.mkdtemp(dir=under))
            with zipfile.ZipFile(io.BytesIO(archive)) as content:
                content.extractall(fresh)  # zipfile keeps every member inside
            fresh.rename(folder)
    return folder


def layer_paths(layer: Path) -> list[str]:
    """What a layer adds to ``sys.path``, as ``/opt`` does."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    candidates = (layer / "python" / "lib" / version / "site-packages", layer / "python")
    return [str(path) for path in candidates if path.is_dir()]


def runtime_packages(under: Path) -> Path:
    """A folder with the packages of the Lambda runtime and no others."""
    folder = under / "runtime"
    with _lock:
        if not folder.exists():
            fresh = Path(tempfile.mkdtemp(dir=under))
            for name in RUNTIME_PACKAGES:
                _link(name, fresh)
            fresh.rename(folder)
    return folder


def _link(name: str, folder: Path) -> None:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"{name} is not installed beside the emulator")
    origin = Path(spec.origin)
    source = origin.parent if origin.name == "__init__.py" else origin
    os.symlink(source, folder / source.name)


def discard(folder: Path) -> None:
    """Removes a folder that nobody uses any more."""
    shutil.rmtree(folder, ignore_errors=True)
