"""The functions' dependencies, as the content of layers: one for all, one each for media and lake.

``python -m stacks.constructs.wheels`` (part of ``make setup``) fetches them for every platform
that a stage needs; after that synth finds them on disk and needs no network.
"""

from __future__ import annotations

import hashlib
import platform
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from stacks.config import STAGES, StageConfig

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = "requirements.txt"
MEDIA_REQUIREMENTS = "requirements-media.txt"
LAKE_REQUIREMENTS = "requirements-lake.txt"
# The layers by the file of lambda_src that lists their content, with their ids in a stack.
LAYERS = {
    REQUIREMENTS: "Dependencies",
    MEDIA_REQUIREMENTS: "MediaTools",
    LAKE_REQUIREMENTS: "LakeDependencies",
}
STORE = ROOT / ".build" / "wheels"


class WheelsMissingError(Exception):
    """The wheels are not on disk and could not be fetched."""


@dataclass(frozen=True)
class Target:
    """The wheels and who imports them: a uv platform name and a Python version."""

    platform: str
    python: str
    requirements: str = REQUIREMENTS

    @classmethod
    def of(cls, config: StageConfig, requirements: str = REQUIREMENTS) -> Target:
        """What the stage's functions run on."""
        if config.lambda_python == "host":
            machine = "aarch64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"
            system = "macos" if sys.platform == "darwin" else "manylinux_2_28"
            host = f"{machine}-apple-darwin" if system == "macos" else f"{machine}-{system}"
            return cls(host, f"{sys.version_info.major}.{sys.version_info.minor}", requirements)
        return cls("aarch64-manylinux_2_28", config.lambda_python, requirements)

    @property
    def pins(self) -> Path:
        """The file that lists the content."""
        return ROOT / "lambda_src" / self.requirements

    @property
    def digest(self) -> str:
        """Names the content: it depends on the pins and on this target, and on nothing else."""
        wanted = f"{self.platform} {self.python}\n".encode() + self.pins.read_bytes()
        return hashlib.sha256(wanted).hexdigest()

    @property
    def archive(self) -> Path:
        """Where the layer's content is, once fetched: one file, so that synth copies no tree."""
        return STORE / f"{self.platform}-{self.python}-{self.digest[:16]}.zip"


def fetched(target: Target) -> Path:
    """The layer's archive; fetches and packs it where it is missing.

    Raises:
        WheelsMissingError: no network and nothing on disk, with the next step.
    """
    if not target.archive.is_file():
        STORE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=STORE) as work:
            packages = Path(work) / "layer"
            _install(target, packages / "python")
            packed = Path(work) / "layer.zip"
            _pack(packages, packed)
            # Made beside its final name and moved there whole: an archive that exists is complete.
            packed.replace(target.archive)
    return target.archive


def _install(target: Target, folder: Path) -> None:
    command = [
        sys.executable, "-m", "uv", "pip", "install", "--quiet", "--only-binary", ":all:",
        "--python-platform", target.platform, "--python-version", target.python,
        "--target", str(folder), "--requirement", str(target.pins),
    ]  # fmt: skip
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise WheelsMissingError(
            f"the functions' wheels for {target.platform}, Python {target.python}, are not in "
            f"{STORE} and could not be fetched; run `make setup` once with a network.\n"
            f"{answer.stderr.strip()}"
        )


def _pack(folder: Path, archive: Path) -> None:
    """Zips in the order of names and with one date: the same wheels give the same bytes."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix())
                entry.external_attr = (path.stat().st_mode & 0o777) << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                packed.writestr(entry, path.read_bytes())


def main() -> None:
    """Fetch what every stage needs."""
    wanted = {Target.of(config, pins) for config in STAGES.values() for pins in LAYERS}
    for target in sorted(wanted, key=str):
        fetched(target)


if __name__ == "__main__":
    main()
