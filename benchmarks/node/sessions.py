"""HLS sessions: clients that obey the manifest, keep a buffer, and count what a viewer feels."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from urllib.parse import urljoin, urlsplit

import m3u8

from benchmarks.node.client import Client

BUFFER_SECONDS = 30.0
TRIES = 10  # of a segment, with the page's own pauses between them
PATIENCE = 8.0  # seconds for one answer
SAFETY = 0.7  # of the measured throughput is what a rendition may take


class FileNotHadError(Exception):
    """A file was asked for as often as a player asks, and never came."""


@dataclass
class Felt:
    """What all sessions felt together. Times are seconds."""

    startups: list[float] = field(default_factory=list)
    segments: int = 0
    retries: int = 0
    failed_segments: int = 0
    rebuffers: int = 0
    rebuffer_seconds: float = 0.0
    played_seconds: float = 0.0
    bytes: int = 0
    renditions: dict[str, int] = field(default_factory=dict)
    errors: dict[str, int] = field(default_factory=dict)


@dataclass
class Session:
    """One viewer of one title, who starts it again when it ends."""

    client: Client
    master: str  # URL
    felt: Felt
    until: float  # time.monotonic()
    patience: float = PATIENCE
    throughput: float = 4e6  # bits a second, until measured
    buffered: float = 0.0
    clock: float = 0.0
    moving: bool = False

    async def run(self) -> None:
        """Play until the time is up; a file that is not had in all its tries ends a playback."""
        while time.monotonic() < self.until:
            try:
                await self._play_once()
            except FileNotHadError:
                self.felt.failed_segments += 1

    async def _play_once(self) -> None:
        asked = time.monotonic()
        self.buffered, self.moving = 0.0, False
        master = _read(await self._text(self.master), self.master)
        audio = next(m for m in master.media if m.type == "AUDIO" and m.default == "YES")
        sound = await self._playlist(audio.absolute_uri)
        pictures: dict[str, m3u8.M3U8] = {}
        for at in count():
            rendition = self._choose(master.playlists)
            if rendition.absolute_uri not in pictures:
                pictures[rendition.absolute_uri] = await self._playlist(rendition.absolute_uri)
            segments = pictures[rendition.absolute_uri].segments
            if at == len(segments):
                break
            name = f"{rendition.stream_info.resolution[1]}p"
            self.felt.renditions[name] = self.felt.renditions.get(name, 0) + 1
            # Sound comes in frames of its own length and may be a segment shorter or longer.
            await self._segment(segments[at], sound.segments[min(at, len(sound.segments) - 1)])
            if at == 0:
                self.felt.startups.append(time.monotonic() - asked)
                self.moving, self.clock = True, time.monotonic()
            await self._keep_buffer()
            if time.monotonic() > self.until:
                return
        await asyncio.sleep(max(0.0, self.buffered))
        self._pass_time()

    async def _segment(self, picture: m3u8.Segment, sound: m3u8.Segment) -> None:
        began = time.monotonic()
        size = sum(
            await asyncio.gather(self._get(picture.absolute_uri), self._get(sound.absolute_uri))
        )
        self.throughput = 0.5 * self.throughput + 0.5 * size * 8 / (time.monotonic() - began)
        self.felt.segments += 2
        self._pass_time()
        self.buffered += picture.duration

    async def _keep_buffer(self) -> None:
        surplus = self.buffered - BUFFER_SECONDS
        if surplus > 0:
            await asyncio.sleep(surplus)
            self._pass_time()

    def _pass_time(self) -> None:
        """The picture has moved since the last look, as far as there was anything to show."""
        now = time.monotonic()
        if self.moving:
            passed = now - self.clock
            missing = passed - self.buffered
            if missing > 0.05:
                self.felt.rebuffers += 1
                self.felt.rebuffer_seconds += missing
            self.felt.played_seconds += min(passed, self.buffered)
            self.buffered = max(0.0, self.buffered - passed)
        self.clock = now

    def _choose(self, playlists: list[m3u8.Playlist]) -> m3u8.Playlist:
        rising = sorted(playlists, key=lambda one: one.stream_info.bandwidth)
        fitting = [p for p in rising if p.stream_info.bandwidth <= SAFETY * self.throughput]
        return fitting[-1] if fitting else rising[0]

    async def _playlist(self, url: str) -> m3u8.M3U8:
        playlist = _read(await self._text(url), url)
        await self._get(urljoin(url, playlist.segment_map[0].uri))
        return playlist

    async def _text(self, url: str) -> bytes:
        body = bytearray()
        await self._get(url, body)
        return bytes(body)

    async def _get(self, url: str, body: bytearray | None = None) -> int:
        """The length of a file, and its bytes in ``body`` where somebody reads them."""
        for attempt in range(TRIES):
            if body is not None:
                body.clear()  # what an answer that broke off has left
            try:
                async with asyncio.timeout(self.patience):
                    answer = await self.client.get(
                        urlsplit(url).path, None if body is None else body.extend
                    )
                if answer.status == 200:
                    self.felt.bytes += answer.length
                    return answer.length
                problem = str(answer.status)
            except OSError as error:  # a timeout is one as well
                problem = type(error).__name__
            self.felt.errors[problem] = self.felt.errors.get(problem, 0) + 1
            self.felt.retries += 1
            await asyncio.sleep(min(8.0, 0.5 * 2**attempt))
        raise FileNotHadError(url)


@lru_cache(maxsize=64)
def _read(body: bytes, url: str) -> m3u8.M3U8:
    # Read once for all who got the same: two hundred readers in one process are no part of it.
    return m3u8.loads(body.decode(), uri=url)


async def watch(
    master: str, *, viewers: int, seconds: float, ramp: float = 30.0, patience: float = PATIENCE
) -> Felt:
    """``viewers`` sessions at once for ``seconds``; they begin over the first ``ramp`` seconds."""
    felt = Felt()
    until = time.monotonic() + ramp + seconds

    async def one(place: int) -> None:
        await asyncio.sleep(ramp * place / viewers)
        client = Client(master)
        try:
            await Session(client, master, felt, until, patience).run()
        finally:
            client.close()

    await asyncio.gather(*(one(place) for place in range(viewers)))
    return felt


async def burst(url: str, body: bytes, *, viewers: int) -> Counter[str]:
    """What ``viewers`` got who asked for the same file at the same moment: ``whole``, or else."""

    async def one() -> str:
        right, at = True, 0

        def compare(landed: memoryview) -> None:
            nonlocal right, at
            right = right and body.startswith(landed, at)
            at += len(landed)

        client = Client(url)
        try:
            answer = await client.get(urlsplit(url).path, compare)
        except OSError as error:
            return f"{type(error).__name__}: {error}"
        finally:
            client.close()
        if answer.status != 200:
            return str(answer.status)
        return "whole" if right and at == len(body) else "another body"

    return Counter(await asyncio.gather(*(one() for _ in range(viewers))))
