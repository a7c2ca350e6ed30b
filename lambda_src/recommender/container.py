"""Plain arrays in one file that can be mapped into memory and vouches for itself.

::

    8 bytes       MARQUEE and a line feed
    8 bytes       length of the header, little-endian
    header        JSON, padded with spaces so that what follows is aligned
    arrays        each at a multiple of 64 bytes, little-endian, padded with zeros
    32 bytes      SHA-256 of everything before

Nothing is compressed and nothing unpickled: an array of an opened container is a view of the
buffer, read from disk where and when it is touched. The digest notices a flipped bit anywhere
and a cut-off end, whoever hands the bytes over. Equal contents give equal bytes.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.errors import DamagedArtifactError

Arrays = Mapping[str, npt.NDArray[Any]]
Buffer = bytes | bytearray | memoryview

_MAGIC = b"MARQUEE\n"
_ALIGNMENT = 64
_SEAL = 32  # bytes of a SHA-256
_PLAIN = frozenset({"|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<f2", "<f4", "<f8"})


def pack(header: Mapping[str, Any], arrays: Arrays) -> bytes:
    """A container of ``arrays``; ``header`` is any JSON object without an ``arrays`` of its own."""
    table: dict[str, list[object]] = {}
    chunks: list[bytes] = []
    offset = 0
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        array = array.astype(array.dtype.newbyteorder("<"), copy=False)
        if array.dtype.str not in _PLAIN:
            raise TypeError(f"array {name!r} is of {array.dtype}: no plain numbers")
        table[name] = [array.dtype.str, list(arrays[name].shape), offset]
        chunks.append(_padded(array.tobytes(), b"\0"))
        offset += len(chunks[-1])
    text = json.dumps(
        {**header, "arrays": table}, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    ).encode()
    text = text.ljust(-(-(16 + len(text)) // _ALIGNMENT) * _ALIGNMENT - 16, b" ")
    body = b"".join([_MAGIC, len(text).to_bytes(8, "little"), text, *chunks])
    return body + hashlib.sha256(body).digest()


def unpack(data: Buffer, sha256: str | None = None) -> tuple[dict[str, Any], Arrays]:
    """Header and arrays of ``data``; :class:`DamagedArtifactError` says why where there are none.

    ``sha256`` is the digest of the whole of ``data`` in hexadecimal, checked when given. The
    arrays are views of ``data`` that can't be written to.
    """
    view = memoryview(data).toreadonly()
    _check(view, sha256)
    length = int.from_bytes(view[8:16], "little")
    try:
        header = json.loads(bytes(view[16 : 16 + length]))
        table = header.pop("arrays")
        arrays = {name: _array(view[16 + length : -_SEAL], *entry) for name, entry in table.items()}
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        raise DamagedArtifactError(f"the header can't be read: {error}") from error
    return header, arrays


def _check(view: memoryview, sha256: str | None) -> None:
    digest = hashlib.sha256(view[:-_SEAL])
    seal = digest.digest()
    digest.update(view[-_SEAL:])
    if sha256 is not None and digest.hexdigest() != sha256.lower():
        raise DamagedArtifactError("the bytes are not those that were published: SHA-256 differs")
    if view[:8] != _MAGIC:
        raise DamagedArtifactError("this is no model artifact: it begins with something else")
    if seal != view[-_SEAL:]:
        raise DamagedArtifactError("the seal does not fit: cut off, altered or no model artifact")


def _array(view: memoryview, dtype: str, shape: list[int], offset: int) -> npt.NDArray[Any]:
    if dtype not in _PLAIN or offset % _ALIGNMENT or min(shape, default=0) < 0:
        raise ValueError(f"an array of {dtype!r} {shape} at {offset}")
    count = math.prod(shape)
    if not count:
        return np.zeros(shape, dtype=dtype)
    return np.frombuffer(view, dtype=dtype, count=count, offset=offset).reshape(shape)


def _padded(data: bytes, filler: bytes) -> bytes:
    return data.ljust(-(-len(data) // _ALIGNMENT) * _ALIGNMENT, filler)
