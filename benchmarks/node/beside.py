"""A node and plain nginx with sendfile on the same files, in turn, in one run."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from urllib.request import urlopen

from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.node.clip import Clip
from benchmarks.node.load import Load, load, middle, small_answers
from benchmarks.node.servers import Server, fleet_node, plain, running, store

LEAST_SHARE = 0.9  # of the peer's throughput
MOST_DELAY = 2.0  # times the peer's first byte
SEGMENT_BYTES = 1_400_000  # of 720p, four seconds
SMALL_CONNECTIONS = 50


@dataclass(frozen=True)
class Beside:
    """Medians of both, and small answers a second where they were measured."""

    node: Load
    plain: Load
    small: tuple[float, float] | None = None  # node, plain

    @property
    def share(self) -> float:
        """The node's throughput by the peer's."""
        return self.node.gigabits / self.plain.gigabits

    @property
    def delay(self) -> float:
        """The node's p99 of the first byte by the peer's."""
        return self.node.first_byte_p99_ms / self.plain.first_byte_p99_ms

    @property
    def met(self) -> bool:
        """Both limits are kept, and every answer came, of either: a peer that fails is none."""
        failed = self.node.failed + self.plain.failed
        return self.share >= LEAST_SHARE and self.delay <= MOST_DELAY and failed == 0

    def figures(self) -> dict[str, object]:
        """As JSON."""
        return {
            "met": self.met, "share": self.share, "first_byte_ratio": self.delay,
            "node": vars(self.node), "plain": vars(self.plain), "small_answers": self.small,
        }  # fmt: skip


def from_memory(
    place: Path,
    clip: Clip,
    connections: int,
    seconds: int,
    rounds: int,
    chunk: str | None = None,
) -> Beside:
    """A warm cache: all that is asked for lies in memory. ``chunk`` is a setting of the peer."""
    root = place / "root"
    upstream, peer = store(place, root), plain(place, root, chunk=chunk)
    node = fleet_node(place, upstream)
    paths = [f"/{key}" for key in clip.files() if "720p/seg" in key]
    rates: dict[str, list[float]] = {"node": [], "plain": []}

    def run(name: str, server: Server) -> Load:
        rates[name].append(
            small_answers(server, paths, place, connections=SMALL_CONNECTIONS,
                          seconds=max(2, seconds // 4))
        )  # fmt: skip
        return load(server, paths, place, connections=connections, seconds=seconds)

    with running(upstream, peer, node):
        load(node, paths, place, connections=50, seconds=3)  # fills the cache
        found = _in_turn({"node": node, "plain": peer}, rounds, run)
    small = (median(rates["node"]), median(rates["plain"]))
    return Beside(middle(found["node"]), middle(found["plain"]), small)


def from_disk(place: Path, segments: int, connections: int, seconds: int, rounds: int) -> Beside:
    """A cache of which nothing lies in memory when a run begins, and all is asked for at random."""
    root = place / "disk"
    names = _many_segments(root, segments)
    upstream, peer = store(place, root), plain(place, root)
    node = fleet_node(place, upstream, cache_size="100g")

    def run(_name: str, server: Server) -> Load:
        _forget(root)
        _forget(place / "node" / "cache")
        return load(server, names, place, connections=connections, seconds=seconds)

    with running(upstream, peer, node):
        for name in track(names, "filling the node's cache", transient=True):
            with urlopen(f"{node.url}{name}") as answer:
                answer.read()
        found = _in_turn({"node": node, "plain": peer}, rounds, run)
    return Beside(middle(found["node"]), middle(found["plain"]))


def show(found: Beside, title: str, console: Console) -> None:
    """One table, a row for each figure."""
    node, peer = found.node, found.plain
    table = Table("", "node", "plain sendfile", "ratio", "limit", "met", title=title)
    table.add_row(
        "throughput, Gbit/s", f"{node.gigabits:.2f}", f"{peer.gigabits:.2f}", f"{found.share:.2f}",
        f"≥ {LEAST_SHARE:.2f}", mark(found.share >= LEAST_SHARE),
    )  # fmt: skip
    table.add_row(
        "p99 first byte, ms", f"{node.first_byte_p99_ms:.1f}", f"{peer.first_byte_p99_ms:.1f}",
        f"{found.delay:.2f}", f"≤ {MOST_DELAY:.2f}", mark(found.delay <= MOST_DELAY),
    )  # fmt: skip
    table.add_row(
        "the server's processor, s/GB", f"{node.cpu_per_gigabyte:.3f}",
        f"{peer.cpu_per_gigabyte:.3f}", f"{node.cpu_per_gigabyte / peer.cpu_per_gigabyte:.2f}",
    )  # fmt: skip
    if found.small:
        ours, theirs = found.small
        table.add_row("single bytes alone, answers/s", f"{ours:,.0f}", f"{theirs:,.0f}",
                      f"{ours / theirs:.2f}")  # fmt: skip
    table.add_row("failed answers", str(node.failed), str(peer.failed), "", "0",
                  mark(node.failed + peer.failed == 0))  # fmt: skip
    console.print(table)


def _in_turn(
    servers: dict[str, Server], rounds: int, run: Callable[[str, Server], Load]
) -> dict[str, list[Load]]:
    """Each server once a round; who is first changes, as does what the machine has to spare."""
    found: dict[str, list[Load]] = {name: [] for name in servers}
    for turn in track(range(rounds), "node and peer in turn", transient=True):
        for name in sorted(servers, reverse=bool(turn % 2)):
            found[name].append(run(name, servers[name]))
    return found


def _many_segments(root: Path, count: int) -> list[str]:
    """Segments of bytes that nothing can compress; their paths."""
    folder = root / "media" / "many"
    folder.mkdir(parents=True, exist_ok=True)
    body = os.urandom(SEGMENT_BYTES)
    names = [f"{number:05d}.m4s" for number in range(count)]
    for number, name in enumerate(track(names, "writing segments", transient=True)):
        (folder / name).write_bytes(body[number:] + body[:number])
    return [f"/media/many/{name}" for name in names]


def _forget(folder: Path) -> None:
    """Drops from memory what lies below the folder; the disk must have it before."""
    os.sync()
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def mark(met: bool) -> str:
    """Whether a limit was kept, for a table."""
    return "[green]✓[/green]" if met else "[red]✗[/red]"
