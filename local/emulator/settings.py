"""What one emulator is started with, and the environment that ministack reads at import."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

# Whatever else the user's shell exports (credentials, tokens) is nobody's business in here.
_KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "PYTHONPATH", "VIRTUAL_ENV")
ACCOUNT = "000000000000"
REGION = "us-east-1"


@dataclass(frozen=True, kw_only=True)
class EmulatorSettings:
    """``port`` 0 means a free one; ``state_dir`` holds everything the emulator writes."""

    port: int
    state_dir: Path
    log_file: Path | None
    seconds_between_snapshots: float

    @property
    def temporary(self) -> Path:
        """Unpacked functions and training jobs; emptied at every start."""
        return self.state_dir / "tmp"

    @property
    def objects(self) -> Path:
        """The bytes of S3 objects, written as they arrive."""
        return self.state_dir / "s3"

    @property
    def saved(self) -> Path:
        """The services' saved state."""
        return self.state_dir / "saved"


def enter(settings: EmulatorSettings, port: int) -> None:
    """Replaces this process's environment; call it before anything of ministack is imported."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    for folder in (settings.temporary, settings.objects, settings.saved):
        folder.mkdir(parents=True, exist_ok=True)
    os.environ.clear()
    os.environ.update(kept)
    os.environ.update(
        HOME=str(settings.temporary),
        TMPDIR=str(settings.temporary),
        BIND_HOST="127.0.0.1",
        GATEWAY_PORT=str(port),
        MINISTACK_REGION=REGION,
        MINISTACK_ACCOUNT_ID=ACCOUNT,
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        AWS_DEFAULT_REGION=REGION,
        AWS_EC2_METADATA_DISABLED="true",
        IOT_MTLS_ENABLED="0",
        SFTP_ENABLED="0",
        DOCKER_HOST="unix:///nonexistent",
        PERSIST_STATE="1",
        STATE_DIR=str(settings.saved),
        S3_PERSIST="1",
        S3_DATA_DIR=str(settings.objects),
        LOG_LEVEL="INFO",
    )
    tempfile.tempdir = None  # read TMPDIR again
