"""A store of one file in a process of its own, where sockets are open: it fails as it is told to.

``python failing_store.py FILE STATUS FROM UNTIL`` prints its address, answers the requests whose
numbers (from 0) lie in that range with the status, or not at all where it is 0, and all others
with the bytes.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import count
from pathlib import Path

FOR_EVER = 1_000_000


@contextmanager
def failing_store(file: Path, status: int, *, first: int = 0, until: int = FOR_EVER) -> Iterator:
    """The address of one that runs."""
    arguments = [str(file), str(status), str(first), str(until)]
    with subprocess.Popen(
        [sys.executable, __file__, *arguments], stdout=subprocess.PIPE, text=True
    ) as store:
        try:
            yield store.stdout.readline().strip()
        finally:
            store.terminate()


def serve(file: str, status: str, first: str, until: str) -> None:
    content, numbers, failing = Path(file).read_bytes(), count(), range(int(first), int(until))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802 - the server calls it so
            if next(numbers) in failing:
                if int(status):
                    self.send_error(int(status))
                return
            start, end = (int(at) for at in self.headers["Range"][len("bytes=") :].split("-"))
            body = content[start : end + 1]
            self.send_response(206)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nobody listens."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        print(f"http://127.0.0.1:{server.server_port}/film.mov?X-Amz-Signature=abc", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    serve(*sys.argv[1:])
