"""A streaming node beside its peers: real nginx, the node's own configuration, real segments.

    python -m benchmarks.streaming                    # everything, some eight minutes
    python -m benchmarks.streaming --quick            # the same with short runs, a minute
    python -m benchmarks.streaming faults             # what it survives, with sessions under way
    python -m benchmarks.streaming disk               # from disk, beside plain sendfile

Needs ffmpeg, nginx and wrk (Debian packages). Ratios are of one run on one machine.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.node import beside
from benchmarks.node import faults as faults_module
from benchmarks.node.clip import Clip, make_clip
from benchmarks.node.servers import fleet_node, running, store
from benchmarks.node.sessions import burst, watch

SLICE = 2 * 1024 * 1024
SEGMENT_BYTES = 5_000_000  # of the cold segment: three slices
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
console = Console()
Work = Annotated[Path | None, typer.Option(help="Folder for clip, caches and logs.")]
Quick = Annotated[bool, typer.Option("--quick", help="Short runs: for a look, not for a record.")]


@app.callback(invoke_without_command=True)
def everything(
    context: typer.Context,
    quick: Quick = False,
    work: Work = None,
    connections: Annotated[int, typer.Option(help="Of the throughput runs.")] = 500,
    seconds: Annotated[int, typer.Option(help="Of each throughput run.")] = 20,
    rounds: Annotated[int, typer.Option(help="Of node and peer in turn; medians count.")] = 5,
    viewers: Annotated[int, typer.Option(help="HLS sessions at once.")] = 200,
    watch_seconds: Annotated[int, typer.Option(help="How long they watch.")] = 300,
    chunk: Annotated[
        str | None, typer.Option(help="sendfile_max_chunk of the peer, 64k as the node's.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Also write the figures here, as JSON.")] = None,
) -> None:
    """Throughput and first byte beside plain sendfile, a cold burst, and HLS sessions."""
    if context.invoked_subcommand:
        return
    if quick:
        seconds, rounds, watch_seconds = 5, 2, 20
    with folder(work) as place:
        clip = published(place)
        figures = {
            "throughput": throughput(place, clip, connections, seconds, rounds, chunk),
            "cold": cold(place, connections),
            "sessions": sessions(place, clip, viewers, watch_seconds),
        }
    if out:
        out.write_text(json.dumps(figures, indent=1) + "\n")
    if not all(figure["met"] for figure in figures.values()):
        raise typer.Exit(1)


@app.command()
def faults(quick: Quick = False, work: Work = None) -> None:
    """Sessions play while the store goes away, a node is killed, and idle clients crowd in."""
    with folder(work) as place:
        rows = faults_module.all_of(place, published(place), quick=quick, say=console.print)
    table = Table("fault", "what viewers felt", "met")
    for row in rows:
        table.add_row(row.name, row.felt, beside.mark(row.met))
    console.print(table)
    if not all(row.met for row in rows):
        raise typer.Exit(1)


@app.command()
def disk(
    work: Work = None,
    segments: Annotated[int, typer.Option(help="Of 1.4 MB each; both copies lie on disk.")] = 2500,
    connections: int = 100,
    seconds: Annotated[int, typer.Option(help="Too long, and all is in memory again.")] = 4,
    rounds: int = 5,
) -> None:
    """The same beside plain sendfile when nothing that is asked for lies in memory."""
    with folder(work) as place:
        found = beside.from_disk(place, segments, connections, seconds, rounds)
    beside.show(found, f"From disk, {connections} connections", console)
    if not found.met:
        raise typer.Exit(1)


@contextmanager
def folder(given: Path | None) -> Iterator[Path]:
    """Where everything is written; what was not given is removed at the end."""
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        yield given
        return
    made = Path(tempfile.mkdtemp(prefix="marquee-streaming-"))
    made.chmod(0o755)  # nginx' workers may be another user
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def published(place: Path) -> Clip:
    """A clip below ``root/media``, as the store has it."""
    with console.status("packaging a clip of two minutes"):
        return make_clip(place / "root" / "media" / "clip", "clip", seconds=120)


def throughput(
    place: Path, clip: Clip, connections: int, seconds: int, rounds: int, chunk: str | None
) -> dict[str, object]:
    """The node, its cache warm, beside plain sendfile."""
    found = beside.from_memory(place, clip, connections, seconds, rounds, chunk)
    title = f"{connections} connections, medians of {rounds} rounds of {seconds} s"
    beside.show(found, title, console)
    return found.figures()


def cold(place: Path, viewers: int) -> dict[str, object]:
    """Everybody asks for a segment that the node has never seen; how often is the store asked?"""
    root = place / "root"
    body = os.urandom(SEGMENT_BYTES)
    segment = root / "media" / "cold" / f"{hashlib.sha256(body).hexdigest()[:16]}.m4s"
    segment.parent.mkdir(parents=True, exist_ok=True)
    segment.write_bytes(body)
    upstream = store(place, root)
    node = fleet_node(place, upstream)
    with running(upstream, node), console.status("a cold burst"):
        upstream.forget()
        url = f"{node.url}/{segment.relative_to(root)}"
        answers = asyncio.run(burst(url, body, viewers=viewers))
        asked = upstream.asked()
    slices = -(-SEGMENT_BYTES // SLICE)
    whole = answers.pop("whole", 0)
    met = sorted(asked.values()) == [1] * slices and whole == viewers
    console.print(
        f"cold: {viewers} viewers asked for one new segment of {slices} slices; the store was "
        f"asked {sum(asked.values())} times, {whole} got it whole",
        dict(answers) or "",
        beside.mark(met),
    )
    return {
        "met": met, "viewers": viewers, "slices": slices, "asked": sum(asked.values()),
        "whole": whole, "others": dict(answers),
    }  # fmt: skip


def sessions(place: Path, clip: Clip, viewers: int, seconds: int) -> dict[str, object]:
    """So many HLS sessions at once."""
    upstream = store(place, place / "root")
    node = fleet_node(place, upstream)
    with running(upstream, node), console.status(f"{viewers} sessions for {seconds} s"):
        upstream.forget()
        own = time.process_time()
        felt = asyncio.run(
            watch(f"{node.url}/{clip.key}/master.m3u8", viewers=viewers, seconds=seconds)
        )
        own = time.process_time() - own  # near the time it took, the client is what is measured
        cpu, asked = node.cpu_seconds(), sum(upstream.asked().values())
    starts = sorted(felt.startups)
    met = felt.failed_segments == 0 and felt.rebuffers == 0
    figures = {
        "viewers": viewers, "seconds": seconds, "segments": felt.segments,
        "failed_segments": felt.failed_segments, "rebuffers": felt.rebuffers,
        "rebuffer_seconds": round(felt.rebuffer_seconds, 2), "retries": felt.retries,
        "startup_p50_ms": round(1000 * starts[len(starts) // 2]),
        "startup_p99_ms": round(1000 * starts[int(len(starts) * 0.99)]),
        "sent_gb": round(felt.bytes / 1e9, 2), "asked_of_the_store": asked,
        "node_cpu_seconds": round(cpu, 1), "client_cpu_seconds": round(own, 1),
        "renditions": felt.renditions, "errors": felt.errors,
    }  # fmt: skip
    table = Table(
        "HLS sessions", "", title=f"{beside.mark(met)} zero failed segments, zero rebuffers"
    )
    for name, value in figures.items():
        table.add_row(name.replace("_", " "), str(value))
    console.print(table)
    return {"met": met, **figures}


if __name__ == "__main__":
    app()
