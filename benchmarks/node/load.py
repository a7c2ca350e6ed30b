"""wrk against a server: how much it sends, and how long the first byte takes meanwhile."""

from __future__ import annotations

import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median

# Every thread walks the same list from a place of its own.
_SCRIPT = """
local paths = {{}}
for line in io.lines("{paths}") do paths[#paths + 1] = line end
local at = math.random(#paths)
request = function()
  at = at % #paths + 1
  return wrk.format("GET", paths[at], {headers})
end
done = function(summary, latency, requests)
  io.write(string.format("RESULT %d %d %d %d %d %d\\n", summary.bytes, summary.duration,
    summary.requests, summary.errors.status, summary.errors.read + summary.errors.connect
    + summary.errors.timeout, latency:percentile(99)))
end
"""


@dataclass(frozen=True)
class Load:
    """One run: gigabits a second, p99 of the time to the first byte (ms), answers that failed."""

    gigabits: float
    first_byte_p99_ms: float
    requests: int
    failed: int


def load(url: str, paths: list[str], work: Path, *, connections: int, seconds: int) -> Load:
    """Whole segments over nine connections in ten, single bytes over the others, at once.

    The answer to a request for one byte is over with its first: its latency is the time to the
    first byte of a server that is busy with the segments of all the others.
    """
    (work / "paths.txt").write_text("\n".join(paths) + "\n")
    few = max(2, connections // 10)
    with ThreadPoolExecutor(2) as pool:
        whole = pool.submit(_wrk, url, work, connections - few, seconds, "wrk.headers")
        single = pool.submit(_wrk, url, work, few, seconds, '{["Range"] = "bytes=0-0"}')
        sent, first = whole.result(), single.result()
    return Load(
        gigabits=sent[0] * 8 / (sent[1] / 1e6) / 1e9,
        first_byte_p99_ms=first[5] / 1000,
        requests=sent[2] + first[2],
        failed=sum(sent[3:5]) + sum(first[3:5]),
    )


def middle(runs: list[Load]) -> Load:
    """The medians of several runs; failures add up."""
    return Load(
        gigabits=median(run.gigabits for run in runs),
        first_byte_p99_ms=median(run.first_byte_p99_ms for run in runs),
        requests=sum(run.requests for run in runs),
        failed=sum(run.failed for run in runs),
    )


def _wrk(url: str, work: Path, connections: int, seconds: int, headers: str) -> list[int]:
    script = work / f"wrk-{connections}.lua"
    script.write_text(_SCRIPT.format(paths=work / "paths.txt", headers=headers))
    command = ["wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds}s", "--timeout", "10s",
               "-s", str(script), url]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"RESULT ([\d ]+)", done.stdout)
    if done.returncode or not found:
        raise RuntimeError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return [int(number) for number in found[1].split()]
