"""The code channel of a training job: the training package and the recommender, as one zip."""

from __future__ import annotations

import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Where each package comes from, and what it is called inside the zip.
_PACKAGES = {"training": ROOT / "training", "recommender": ROOT / "lambda_src" / "recommender"}
_ENTRY = '''"""What `python3 <this zip>` runs."""

import runpy

runpy.run_module("training.train", run_name="__main__")
'''


def stage_training_code(build: Path = ROOT / ".build") -> Path:
    """Lay out the zip's content in a folder named after it, and give that folder.

    Python files only, so that neither caches nor editors' leftovers change the asset.
    """
    files = {"__main__.py": _ENTRY.encode()}
    for name, source in _PACKAGES.items():
        for path in sorted(source.rglob("*.py")):
            files[f"{name}/{path.relative_to(source).as_posix()}"] = path.read_bytes()
    folder = build / f"training-code-{_digest(files)}"
    for name, content in files.items():
        path = folder / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return folder


def _digest(files: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]
