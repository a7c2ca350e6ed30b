"""What runs in the sandbox: ``python -m adapters.media.child COMMAND ARGUMENT…``.

One JSON document on stdout. A file that can't be read ends it with status 1 and the reason on
stderr.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import av.error

from adapters.media import inspection, pictures, segments

COMMANDS: dict[str, Callable[..., dict[str, Any]]] = {
    "inspect": inspection.inspect,
    "segment": segments.facts,
    "sheet": pictures.sheet,
    "still": pictures.still,
    "headers": inspection.headers,
}


def main(command: str, *arguments: str) -> int:
    """Runs a command; the exit status."""
    try:
        answer = COMMANDS[command](*arguments)
    except (av.error.FFmpegError, ValueError, OSError, MemoryError) as error:
        said = getattr(error, "strerror", None) or str(error) or type(error).__name__
        print(f"can't be read: {said}", file=sys.stderr)
        return 1
    print(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
