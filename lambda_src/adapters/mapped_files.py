"""A large object of S3 as mapped memory: fetched once, read from disk where it is touched."""

from __future__ import annotations

import mmap
import tempfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botocore.response import StreamingBody

_CHUNK = 1 << 20


def mapped(body: StreamingBody) -> memoryview:
    """The whole of ``body``, read-only.

    The file has no name, so nothing is left of it when the memory is let go, or when the
    function dies half way; another download never writes to it.
    """
    with tempfile.TemporaryFile(prefix="marquee-") as file:
        for chunk in body.iter_chunks(_CHUNK):
            file.write(chunk)
        file.flush()
        if not file.tell():
            return memoryview(b"")  # an empty file can't be mapped
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
