"""``python -m local.emulator --state DIR [--port 4566]``."""

from __future__ import annotations

import argparse
from pathlib import Path

from local.emulator.launcher import run
from local.emulator.settings import EmulatorSettings


def main() -> None:
    """Parses the command line and serves until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m local.emulator", description=__doc__)
    parser.add_argument("--port", type=int, default=4566, help="0 means a free one")
    parser.add_argument("--state", type=Path, required=True, help="a folder of its own")
    parser.add_argument("--log-file", type=Path, help="default: standard error")
    parser.add_argument("--seconds-between-snapshots", type=float, default=5.0)
    arguments = parser.parse_args()
    run(
        EmulatorSettings(
            port=arguments.port,
            state_dir=arguments.state.resolve(),
            log_file=arguments.log_file and arguments.log_file.resolve(),
            seconds_between_snapshots=arguments.seconds_between_snapshots,
        )
    )


if __name__ == "__main__":
    main()
