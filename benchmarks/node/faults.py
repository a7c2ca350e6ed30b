"""What a node and its viewers survive, done to real processes while sessions play."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from benchmarks.node.clip import Clip
from benchmarks.node.servers import HOST, Server, balancer, fleet_node, running, store
from benchmarks.node.sessions import PATIENCE, Felt, watch
from streaming import watch as watch_module
from streaming.watch import cache_files

VIEWERS = 40
LORISES = 2000
DISK_MB = 12  # filled in the first seconds, and less than the clip


@dataclass(frozen=True)
class Outcome:
    """One fault, what viewers felt of it, and whether that was as little as it should be."""

    name: str
    felt: str
    met: bool


def all_of(place: Path, clip: Clip, *, quick: bool, say: Callable[[str], None]) -> list[Outcome]:
    """Every fault, one after another."""
    away = 10 if quick else 60
    outcomes = []
    for fault in (store_away, node_killed, slow_loris, disk_full, cache_damaged):
        say(f"[dim]{(fault.__doc__ or '').splitlines()[0]}[/dim]")
        outcomes.append(fault(place, clip, away))
    return outcomes


def store_away(place: Path, clip: Clip, away: int) -> Outcome:
    """The store goes away; whoever watches a title that is in the cache watches on."""
    upstream = store(place, place / "root")
    node = fleet_node(place, upstream)
    with running(upstream, node):
        _warm(node, clip)

        async def fault() -> None:
            await asyncio.sleep(5)
            upstream.stop(kill=True)
            await asyncio.sleep(away)
            upstream.start()

        felt = _play(node, clip, away + 10, fault)
    return Outcome(f"store away for {away} s", _words(felt), _unnoticed(felt))


def node_killed(place: Path, clip: Clip, away: int) -> Outcome:
    """One of two nodes is killed in mid-stream; its viewers go on at the other."""
    upstream = store(place, place / "root")
    nodes = [fleet_node(place / name, upstream, line="700k") for name in ("one", "two")]
    front = balancer(place, nodes)
    with running(upstream, *nodes, front):
        sending = 0

        async def fault() -> None:
            nonlocal sending
            await asyncio.sleep(5)
            sending = nodes[0].sending()
            nodes[0].stop(kill=True)

        felt = _play(front, clip, 20, fault)
    broken = felt.errors.get("AnswerBrokenError", 0)
    words = f"{_words(felt)}; {sending} answers were on their way as it died, {broken} broke off"
    # A kill that nobody could have felt proves nothing.
    return Outcome("a node killed in mid-stream", words, _unnoticed(felt) and broken > 0)


def slow_loris(place: Path, clip: Clip, away: int) -> Outcome:
    """Two thousand clients send a header a byte at a time; the others don't notice."""
    upstream = store(place, place / "root")
    node = fleet_node(place, upstream)
    left = {"open": 0}
    with running(upstream, node):
        _warm(node, clip)

        async def fault() -> None:
            crowd = await asyncio.gather(*(_dribble(node) for _ in range(LORISES)))
            left["open"] = sum(crowd)

        felt = _play(node, clip, 20, fault)
    words = f"{_words(felt)}; {LORISES - left['open']} of {LORISES} were cut off within 15 s"
    met = _unnoticed(felt) and left["open"] == 0
    return Outcome(f"{LORISES} slow-loris clients", words, met)


def disk_full(place: Path, clip: Clip, away: int) -> Outcome:
    """The cache's disk is smaller than what is watched, and full between two looks of nginx."""
    name, disk = "a disk that is full", place / "small-disk"
    disk.mkdir(exist_ok=True)
    size = f"size={DISK_MB}m"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        return Outcome(name, "not tried: making a small disk needs root", True)
    try:
        upstream = store(place, place / "root")
        cache = disk / "cache"
        cache.mkdir()
        node = fleet_node(place, upstream, cache=cache, cache_min_free=f"{DISK_MB // 3}m")
        with running(upstream, node):
            felt = _play(node, clip, 30, lambda: asyncio.sleep(0))
    finally:
        subprocess.run(["umount", str(disk)], check=True)
    return Outcome(name, _words(felt), felt.failed_segments == 0 and felt.segments > 0)


def cache_damaged(place: Path, clip: Clip, away: int) -> Outcome:
    """Three segments are cut short in a node's cache; its watcher finds them in the log."""
    name, upstream = "segments cut short in the cache", store(place, place / "root")
    node, cache = fleet_node(place, upstream), place / "node" / "cache"
    ahead = [key for key in clip.files() if re.search(r"720p/seg-000(15|20|25)", key)]
    files = [path for key in ahead for path in cache_files(_logged(key), cache)]
    with running(upstream, node):
        _warm(node, clip)
        for path in files:
            os.truncate(path, path.stat().st_size // 2)
        command = [sys.executable, str(Path(watch_module.__file__)), "--cache", str(cache),
                   "--log", str(place / "node" / "log" / "access.log"), "--floor", "1",
                   "--metrics", f"{node.url}/metrics"]  # fmt: skip
        watcher = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        try:
            # A hanging answer is CloudFront's to end: twenty seconds without a byte.
            felt = _play(node, clip, 75, lambda: asyncio.sleep(0), patience=20)
        finally:
            watcher.terminate()
            said = watcher.communicate()[1]
    removed = sum(path.name in said for path in files)
    words = f"{_words(felt)}; the watcher removed {removed} of {len(files)}"
    return Outcome(name, words, _unnoticed(felt) and removed == len(files))


def _logged(key: str) -> dict[str, str]:
    """What the log says of a segment of one slice."""
    return {"key": f"/{key}", "span": "", "length": "1"}


async def _dribble(node: Server) -> bool:
    """One byte of a request a second; whether the node still listens after 15 s."""
    reader, writer = await asyncio.open_connection(HOST, node.port)
    try:
        for byte in b"GET /media/x HT":
            writer.write(bytes([byte]))
            await writer.drain()
            try:
                if await asyncio.wait_for(reader.read(1), 1) == b"":
                    return False
            except TimeoutError:
                continue
        return True
    except (OSError, ConnectionError):
        return False
    finally:
        writer.close()


def _play(
    front: Server,
    clip: Clip,
    seconds: float,
    fault: Callable[[], Awaitable[Any]],
    patience: float = PATIENCE,
) -> Felt:
    async def both() -> Felt:
        url = f"{front.url}/{clip.key}/master.m3u8"
        felt, _ = await asyncio.gather(
            watch(url, viewers=VIEWERS, seconds=seconds, ramp=2, patience=patience), fault()
        )
        return felt

    return asyncio.run(both())


def _warm(node: Server, clip: Clip) -> None:
    with httpx.Client(timeout=30) as client:
        for key in clip.files():
            client.get(f"{node.url}/{key}").raise_for_status()
    time.sleep(0.2)


def _unnoticed(felt: Felt) -> bool:
    return felt.failed_segments == 0 and felt.rebuffers == 0 and felt.segments > 0


def _words(felt: Felt) -> str:
    return (
        f"{felt.segments} segments, {felt.failed_segments} failed, {felt.rebuffers} rebuffers, "
        f"{felt.retries} asked for again {felt.errors or ''}"
    ).strip()
