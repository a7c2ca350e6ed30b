"""The code channel of a training job, staged in a folder that is named after its content."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from training.package import stage

ROOT = Path(__file__).resolve().parents[2]


def stage_training_code(build: Path = ROOT / ".build") -> Path:
    """Lay out the job's package below `build`, and give its folder.

    Staged apart and moved there whole: two synths at once don't see each other's halves.
    """
    build.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=build) as apart:
        staged = Path(apart) / "code"
        stage(staged)
        folder = build / f"training-code-{_digest(staged)}"
        if not folder.exists():
            try:
                staged.rename(folder)
            except OSError:  # the other synth was first
                if not folder.is_dir():
                    raise
    return folder


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        content = path.read_bytes()
        name = path.relative_to(folder).as_posix()
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]
