"""The functions' dependencies, as the content of one layer.

``python -m stacks.constructs.wheels`` (part of ``make setup``) fetches them for every platform
that a stage needs; after that synth finds them on disk and needs no network.
"""

from __future__ import annotations

import hashlib
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from stacks.config import STAGES, StageConfig

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "lambda_src" / "requirements.txt"
STORE = ROOT / ".build" / "wheels"


class WheelsMissingError(Exception):
    """The wheels are not on disk and could not be fetched."""


@dataclass(frozen=True)
class Target:
    """The interpreter that imports the wheels: a uv platform name and a Python version."""

    platform: str
    python: str

    @classmethod
    def of(cls, config: StageConfig) -> Target:
        """What the stage's functions run on."""
        if config.lambda_python == "host":
            machine = "aarch64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"
            system = "macos" if sys.platform == "darwin" else "manylinux_2_28"
            host = f"{machine}-apple-darwin" if system == "macos" else f"{machine}-{system}"
            return cls(host, f"{sys.version_info.major}.{sys.version_info.minor}")
        return cls("aarch64-manylinux_2_28", config.lambda_python)

    @property
    def digest(self) -> str:
        """Names the content: it depends on the pins and on this target, and on nothing else."""
        wanted = f"{self.platform} {self.python}\n".encode() + REQUIREMENTS.read_bytes()
        return hashlib.sha256(wanted).hexdigest()

    @property
    def folder(self) -> Path:
        """Where the layer's content is, once fetched."""
        return STORE / f"{self.platform}-{self.python}-{self.digest[:16]}"


def fetched(target: Target) -> Path:
    """The layer's folder; fetches it where it is missing.

    Raises:
        WheelsMissingError: no network and nothing on disk, with the next step.
    """
    if not target.folder.is_dir():
        _fetch(target)
    return target.folder


def _fetch(target: Target) -> None:
    # Built beside its final name and moved there whole: a folder that exists is complete.
    partial = target.folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    command = [
        sys.executable, "-m", "uv", "pip", "install", "--quiet", "--only-binary", ":all:",
        "--python-platform", target.platform, "--python-version", target.python,
        "--target", str(partial / "python"), "--requirement", str(REQUIREMENTS),
    ]  # fmt: skip
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        shutil.rmtree(partial, ignore_errors=True)
        raise WheelsMissingError(
            f"the functions' wheels for {target.platform}, Python {target.python}, are not in "
            f"{STORE} and could not be fetched; run `make setup` once with a network.\n"
            f"{answer.stderr.strip()}"
        )
    partial.rename(target.folder)


def main() -> None:
    """Fetch what every stage needs."""
    for target in sorted({Target.of(config) for config in STAGES.values()}, key=str):
        fetched(target)


if __name__ == "__main__":
    main()
