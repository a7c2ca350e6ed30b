"""wrk against a server: how much it sends, and how long the first byte takes meanwhile."""

from __future__ import annotations

import random
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.node.servers import Server

# Any path of the list at any time, other ones in each run.
_SCRIPT = """
local paths = {{}}
for line in io.lines("{paths}") do paths[#paths + 1] = line end
math.randomseed({seed})
request = function()
  return wrk.format("GET", paths[math.random(#paths)], {headers})
end
{pace}
done = function(summary, latency, requests)
  io.write(string.format("RESULT %d %d %d %d %d %d\\n", summary.bytes, summary.duration,
    summary.requests, summary.errors.status, summary.errors.read + summary.errors.connect
    + summary.errors.timeout, latency:percentile(99)))
end
"""
_WHOLE = "wrk.headers"
_FIRST_BYTE = '{["Range"] = "bytes=0-0"}'
_PROBES = 20  # connections beside the others, each of which asks five times a second
_PACE = "delay = function() return 150 + math.random(100) end"  # milliseconds


@dataclass(frozen=True)
class Load:
    """What one run took, and what it cost the server."""

    gigabits: float  # a second
    first_byte_p99_ms: float
    cpu_per_gigabyte: float  # seconds of the server's processors
    requests: int
    failed: int


def load(server: Server, paths: list[str], work: Path, *, connections: int, seconds: int) -> Load:
    """Whole segments over all connections, and single bytes a hundred times a second beside them.

    The answer to a request for one byte is over with its first: its latency is the time to the
    first byte of a server that is busy with the segments of all the others. Such requests come at
    a pace of their own: clients that ask again at once would show how the machine shares its
    processors among server and clients.
    """
    before = server.cpu_seconds()
    with ThreadPoolExecutor(2) as pool:
        whole = pool.submit(_wrk, server, paths, work / "whole", connections, seconds, _WHOLE)
        single = pool.submit(
            _wrk, server, paths, work / "first", _PROBES, seconds, _FIRST_BYTE, _PACE
        )
        sent, first = whole.result(), single.result()
    return Load(
        gigabits=sent.bytes * 8 / sent.seconds / 1e9,
        first_byte_p99_ms=first.p99_ms,
        cpu_per_gigabyte=(server.cpu_seconds() - before) / (sent.bytes / 1e9),
        requests=sent.requests + first.requests,
        failed=sent.failed + first.failed,
    )


def small_answers(
    server: Server, paths: list[str], work: Path, *, connections: int, seconds: int
) -> float:
    """Single bytes as fast as they come: answers a second, and so what one costs but its bytes."""
    done = _wrk(server, paths, work / "small", connections, seconds, _FIRST_BYTE)
    return done.requests / done.seconds


def middle(runs: list[Load]) -> Load:
    """The medians of several runs; requests and failures add up."""
    return Load(
        gigabits=median(run.gigabits for run in runs),
        first_byte_p99_ms=median(run.first_byte_p99_ms for run in runs),
        cpu_per_gigabyte=median(run.cpu_per_gigabyte for run in runs),
        requests=sum(run.requests for run in runs),
        failed=sum(run.failed for run in runs),
    )


@dataclass(frozen=True)
class _Result:
    bytes: int
    seconds: float
    requests: int
    failed: int
    p99_ms: float


def _wrk(
    server: Server,
    paths: list[str],
    stem: Path,
    connections: int,
    seconds: int,
    headers: str,
    pace: str = "",
) -> _Result:
    script, listed = stem.with_suffix(".lua"), stem.with_suffix(".txt")
    listed.write_text("\n".join(paths) + "\n")
    seed = random.SystemRandom().randrange(2**31)
    script.write_text(_SCRIPT.format(paths=listed, headers=headers, pace=pace, seed=seed))
    command = ["wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds}s", "--timeout", "10s",
               "-s", str(script), server.url]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"RESULT ([\d ]+)", done.stdout)
    if done.returncode or not found:
        raise RuntimeError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    sent, microseconds, requests, refused, broken, p99 = map(int, found[1].split())
    return _Result(sent, microseconds / 1e6, requests, refused + broken, p99 / 1000)
