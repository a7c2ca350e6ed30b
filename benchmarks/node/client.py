"""HTTP for hundreds of viewers in one process: a body that nobody reads is counted, not kept.

A general client spends milliseconds of processor on each of these answers, and leaves single
connections unread for so long that the server gives them up (`send_timeout`): then what is
measured is the client.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

Take = Callable[[memoryview], object]
_LANDING = bytearray(256 * 1024)  # of every connection: what lands is taken before the next read


class AnswerBrokenError(ConnectionError):
    """The connection ended before its answer did."""


class _NotHeardError(ConnectionError):
    """A connection that was kept ended before the server read the question."""


@dataclass(frozen=True)
class Answer:
    """What came back; the body went where it was asked to go."""

    status: int
    length: int


class Client:
    """One viewer's connections to one server. Paths are asked one a connection, which is kept."""

    def __init__(self, server: str) -> None:
        """``server`` is the beginning of a URL: scheme, host and port."""
        parts = urlsplit(server)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._idle: list[_Connection] = []

    async def get(self, path: str, take: Take | None = None) -> Answer:
        """Asks once; a kept connection that turns out to be closed doesn't count as asking."""
        while self._idle:
            connection = self._idle.pop()
            try:
                return await self._ask(connection, path, take)
            except _NotHeardError:
                continue
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(_Connection, self._host, self._port)
        return await self._ask(connection, path, take)

    async def _ask(self, connection: _Connection, path: str, take: Take | None) -> Answer:
        try:
            answer = await connection.ask(f"{self._host}:{self._port}", path, take)
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        return answer

    def close(self) -> None:
        """Ends the connections that were kept."""
        for connection in self._idle:
            connection.close()


class _Connection(asyncio.BufferedProtocol):
    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._asked: asyncio.Future[Answer] | None = None
        self._used = False
        self._take: Take | None = None
        self._head, self._status, self._left, self._length = b"", 0, 0, 0

    async def ask(self, host: str, path: str, take: Take | None) -> Answer:
        """One question and its answer. A connection takes the next when it has the answer."""
        if self._transport is None or self._transport.is_closing():
            raise _NotHeardError(path)
        self._head, self._status, self._left, self._length = b"", 0, 0, 0
        self._take = take
        self._asked = asyncio.get_running_loop().create_future()
        self._transport.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        return await self._asked

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def get_buffer(self, sizehint: int) -> bytearray:
        return _LANDING

    def buffer_updated(self, size: int) -> None:
        landed = memoryview(_LANDING)[:size]
        if not self._status:
            landed = self._read_head(landed)
        if landed:
            self._left -= len(landed)
            if self._take is not None:
                self._take(landed)
        if self._status and self._left <= 0:
            self._end(None)

    def _read_head(self, landed: memoryview) -> memoryview:
        before = len(self._head)
        self._head += bytes(landed)
        end = self._head.find(b"\r\n\r\n")
        if end < 0:
            return landed[:0]
        first, *lines = self._head[:end].decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        self._status = int(first.split(" ", 2)[1])
        self._left = self._length = int(headers["content-length"])
        return landed[end + 4 - before :]

    def connection_lost(self, exc: Exception | None) -> None:
        unheard = self._used and not self._status and not self._head
        kind = _NotHeardError if unheard else AnswerBrokenError
        had = self._length - self._left
        self._end(kind(f"the connection ended after {had} of {self._length} bytes"))

    def _end(self, error: Exception | None) -> None:
        asked, self._asked, self._used = self._asked, None, True
        if asked is None or asked.done():
            return
        if error is not None:
            asked.set_exception(error)
        else:
            asked.set_result(Answer(self._status, self._length))
