"""An object behind one presigned address, read as a file: by ranges, some of them kept."""

from __future__ import annotations

import io
from collections import OrderedDict

import urllib3

_BLOCK = 4 << 20
_KEPT = 8
_BUSY = (429, 500, 502, 503, 504)
# How long to wait is not the store's to say: there are some minutes for the whole file.
_RETRIES = urllib3.Retry(
    total=4, backoff_factor=0.3, status_forcelist=_BUSY, respect_retry_after_header=False
)


class StoreError(Exception):
    """The store did not give a file's bytes; whether it ``passes`` by itself."""

    def __init__(self, message: str, *, passes: bool) -> None:
        super().__init__(message)
        self.passes = passes


class RangedFile(io.RawIOBase):
    """``size`` bytes at ``url``, seekable; raises :class:`StoreError` where they can't be had.

    The first such error is kept as ``failure``: whoever reads may swallow it, and take the file
    for one that ends there.
    """

    def __init__(self, url: str, size: int) -> None:
        self._url, self._size, self._at = url, size, 0
        self.failure: StoreError | None = None
        self._http = urllib3.PoolManager(retries=_RETRIES, timeout=urllib3.Timeout(10))
        self._blocks: OrderedDict[int, bytes] = OrderedDict()

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """The position."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Moves the position, also beyond the end."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Up to ``size`` bytes; fewer at a block's border and at the end."""
        if self._at >= self._size or size == 0:
            return b""
        number, offset = divmod(self._at, _BLOCK)
        block = self._block(number)
        part = block[offset:] if size < 0 else block[offset : offset + size]
        self._at += len(part)
        return part

    def _block(self, number: int) -> bytes:
        if self.failure:
            raise self.failure
        if number in self._blocks:
            self._blocks.move_to_end(number)
            return self._blocks[number]
        try:
            block = self._fetched(number)
        except StoreError as error:
            self.failure = error
            raise
        self._blocks[number] = block
        while len(self._blocks) > _KEPT:
            self._blocks.popitem(last=False)
        return block

    def _fetched(self, number: int) -> bytes:
        first = number * _BLOCK
        last = min(first + _BLOCK, self._size) - 1
        try:
            answer = self._http.request(
                "GET", self._url, headers={"Range": f"bytes={first}-{last}"}
            )
        except urllib3.exceptions.HTTPError as error:
            # Not its words: the address in them opens the file.
            message = f"the store did not answer: {type(error).__name__}"
            raise StoreError(message, passes=True) from None
        if answer.status not in (200, 206):
            raise StoreError(f"the store answered {answer.status}", passes=False)
        return answer.data if answer.status == 206 else answer.data[first : last + 1]
