#!/usr/bin/python3
"""Reads a node's access log as it grows: counts for CloudWatch, damaged cache files out.

nginx believes the length of a file in its cache. One that was cut short is sent as it is, under
the length that it should have. The log tells: an answer that is complete for nginx and shorter
than it said. The file goes, and who asks again gets it whole. Where no file is short, S3 broke
off: nginx sends what it got of a slice and goes on to the next.

Runs under the node's own Python (3.9), with nothing but the standard library and the AWS CLI.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Event
from typing import TextIO
from urllib.request import urlopen

SLICE = 2 * 1024 * 1024  # of nginx.conf
PUBLISH_SECONDS = 60
SENDING_SECONDS = 20  # the most that one call of CloudWatch may take
SERVED_FROM_CACHE = ("HIT", "STALE", "UPDATING", "REVALIDATED")


class Log:
    """The new lines of a file that is renamed away and begun anew, with whatever bytes in it."""

    def __init__(self, path: Path) -> None:
        """What is there already was read before."""
        self._path = path
        self._file: TextIO | None = None
        self._rest = ""
        self._replaced = False
        if path.exists():
            self._file = path.open(errors="replace")
            self._file.seek(0, os.SEEK_END)

    def lines(self) -> list[str]:
        """Whole lines that came since the last look."""
        if self._file is None:
            if not self._path.exists():
                return []
            self._file = self._path.open(errors="replace")
        replaced = self._replaced  # at the last look: nobody writes to the old one any more
        self._replaced = self._is_replaced(self._file)
        *lines, self._rest = (self._rest + self._file.read()).split("\n")
        if replaced:
            self._file.close()
            self._file, self._rest, self._replaced = None, "", False
        return lines

    def _is_replaced(self, file: TextIO) -> bool:
        try:
            return os.stat(self._path).st_ino != os.fstat(file.fileno()).st_ino
        except FileNotFoundError:  # renamed, and nginx has not begun the next one
            return False


class Counts:
    """What a node did since it last said so."""

    def __init__(self) -> None:
        """Nothing so far."""
        self.values = dict.fromkeys(
            ("Requests", "BytesSent", "CacheLookups", "CacheHits", "StoreRequests", "StoreErrors",
             "ServerErrors", "DamagedCacheFiles", "UnreadLogLines", "Heartbeats"), 0,
        )  # fmt: skip

    def add(self, line: dict[str, str]) -> None:
        """One answer, as the log has it."""
        values = self.values
        values["Requests"] += 1
        values["BytesSent"] += int(line["bytes"])
        values["CacheLookups"] += line["cache"] != ""
        values["CacheHits"] += line["cache"] in SERVED_FROM_CACHE
        asked = re.findall(r"\d{3}", line["upstream_status"])
        values["StoreRequests"] += len(asked)
        values["StoreErrors"] += sum(status >= "500" for status in asked)
        values["ServerErrors"] += line["status"] >= "500"


def came_short(line: dict[str, str]) -> bool:
    """Whether nginx takes an answer for complete that is shorter than it said."""
    told = line["method"] == "GET" and line["done"] == "OK" and line["length"].isdigit()
    return told and int(line["bytes"]) < int(line["length"])


def cache_files(line: dict[str, str], cache: Path) -> list[Path]:
    """The files of the cache that an answer was made from."""
    key = line["key"]
    if key.endswith((".m3u8", ".mpd")):
        return [_file(cache, key)]
    span = re.match(r"bytes (\d+)-(\d+)/", line["span"])
    first, last = (int(span[1]), int(span[2])) if span else (0, int(line["length"]) - 1)
    begins = range(first - first % SLICE, last + 1, SLICE)
    return [_file(cache, f"{key}bytes={begin}-{begin + SLICE - 1}") for begin in begins]


def is_short(path: Path) -> bool:
    """Whether a file of the cache holds less of a body than its own header says."""
    with path.open("rb") as file:
        header, end, _ = file.read(64 * 1024).partition(b"\r\n\r\n")
    told = re.search(rb"\r\ncontent-length: *(\d+)", header, re.IGNORECASE)
    body = path.stat().st_size - len(header) - len(end)
    # Of what nginx can't read itself it asks anew, so that is nothing to remove.
    return told is not None and end != b"" and body < int(told[1])


def _file(cache: Path, key: str) -> Path:
    name = hashlib.md5(key.encode()).hexdigest()  # as nginx names it, levels=1:2
    return cache / name[-1] / name[-3:-1] / name


class Watch:
    """One node's watcher."""

    def __init__(self, log: Path, cache: Path, floor: int) -> None:
        """`floor` is how many bytes nginx keeps free (`min_free`)."""
        self._log, self._cache, self._floor = Log(log), cache, floor
        self._removed: set[Path] = set()
        self._sending: tuple[subprocess.Popen[bytes], Counts, float] | None = None
        self.counts = Counts()

    def look(self) -> None:
        """Counts what was logged; removes what is short of that which an answer was made from."""
        for text in self._log.lines():
            try:
                line = json.loads(text)
                self.counts.add(line)
                files = cache_files(line, self._cache) if came_short(line) else []
            except (ValueError, KeyError, TypeError) as error:
                self.counts.values["UnreadLogLines"] += 1
                say(f"not understood: {error!r} in {text[:200]}")
                continue
            if files:
                self._came_short(line["uri"], files)

    def _came_short(self, uri: str, files: list[Path]) -> None:
        for path in files:
            if path.exists() and is_short(path):
                path.unlink()
                self._removed.add(path)
                self.counts.values["DamagedCacheFiles"] += 1
                say(f"removed {path}: {uri} came short")
        if self._removed.isdisjoint(files):  # else others were sent the same file
            self.counts.values["StoreRequests"] += 1  # the log has the first slice's alone
            self.counts.values["StoreErrors"] += 1
            say(f"{uri} came short, of no file in the cache")

    def publish(self, namespace: str, address: str) -> None:
        """Begins to say what was counted, and looks on meanwhile."""
        self.counts.values["Heartbeats"] += 1
        metrics = json.dumps(self.metrics(connections(address)))
        command = ["aws", "cloudwatch", "put-metric-data", "--namespace", namespace]
        command += ["--metric-data", metrics]
        try:
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        except OSError as error:
            say(f"not published, the next minute says it: {error}")
            return
        self._sending = process, self.counts, time.monotonic() + SENDING_SECONDS
        self.counts = Counts()

    def settle(self, *, wait: bool = False) -> None:
        """What CloudWatch did not take, or not in time, is said by the next minute."""
        if self._sending is None:
            return
        process, counts, deadline = self._sending
        if wait or time.monotonic() >= deadline:
            try:
                process.wait(max(0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if process.poll() is None:
            return
        self._sending = None
        if process.returncode:
            say(f"not published, the next minute says it: {process.returncode}")
            for name, value in counts.values.items():
                self.counts.values[name] += value

    def metrics(self, open_ones: int | None) -> list[dict[str, object]]:
        """For CloudWatch: one series for all nodes, since nodes come and go."""
        disk = os.statvfs(self._cache)
        room = 100 * disk.f_bavail * disk.f_frsize / self._floor
        values: dict[str, float] = {**self.counts.values, "CacheRoomPercent": min(room, 1000)}
        if open_ones is not None:
            values["Connections"] = open_ones
        dimensions = [{"Name": "service", "Value": "fleet-node"}]
        return [
            {"MetricName": name, "Value": value, "Dimensions": dimensions}
            for name, value in values.items()
        ]


def connections(url: str) -> int | None:
    """How many nginx holds open; None where it doesn't say."""
    try:
        with urlopen(url, timeout=2) as answer:
            return int(answer.read().split()[2])
    except OSError as error:
        say(f"{url}: {error}")
        return None


def say(words: str) -> None:
    """To the journal."""
    print(words, file=sys.stderr, flush=True)


def main() -> None:
    """Watch until ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--floor", type=int, required=True, help="bytes that nginx keeps free")
    parser.add_argument("--metrics", required=True, help="address of nginx's own counters")
    parser.add_argument("--namespace", default="", help="of CloudWatch; none: nothing is published")
    given = parser.parse_args()
    watch = Watch(given.log, given.cache, given.floor)
    say(f"follows {given.log}")
    due = time.monotonic() + PUBLISH_SECONDS
    ended = Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    over = False
    while not over:
        over = ended.wait(1)
        watch.look()
        watch.settle(wait=over)
        if given.namespace and (over or time.monotonic() >= due):
            due += PUBLISH_SECONDS
            watch.publish(given.namespace, given.metrics)
    watch.settle(wait=True)


if __name__ == "__main__":
    main()
