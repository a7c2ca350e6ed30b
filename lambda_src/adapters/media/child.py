"""What runs in the sandbox: ``python -m adapters.media.child COMMAND ARGUMENT…``.

One JSON document on stdout. A file that can't be read ends it with status 1 and the reason on
stderr, a store that doesn't give it with a status of its own.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import av.error

from adapters.media import inspection, pictures, segments
from adapters.media.ranged import StoreError
from adapters.media.sandbox import STORE_AWAY, STORE_REFUSED

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
    except StoreError as error:
        print(error, file=sys.stderr)
        return STORE_AWAY if error.passes else STORE_REFUSED
    except (av.error.FFmpegError, ValueError, OSError, MemoryError) as error:
        said = getattr(error, "strerror", None) or str(error) or type(error).__name__
        print(f"can't be read: {said}", file=sys.stderr)
        return 1
    print(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
