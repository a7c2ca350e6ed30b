#!/usr/bin/python3
"""Reads a node's access log as it grows: counts for CloudWatch, damaged cache files out.

nginx believes the length of a file in its cache. One that was cut short is sent as it is, under
the length that it should have, and the viewer waits for the rest. The log tells: an answer that
is complete for nginx and shorter than it said. The file goes, and who asks again gets it whole.

Runs under the node's own Python (3.9), with nothing but the standard library and the AWS CLI.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

SLICE = 2 * 1024 * 1024  # of nginx.conf
PUBLISH_SECONDS = 60
SERVED_FROM_CACHE = ("HIT", "STALE", "UPDATING", "REVALIDATED")


class Log:
    """The new lines of a file that is renamed away and begun anew from time to time."""

    def __init__(self, path: Path) -> None:
        """What is there already was read before."""
        self._path = path
        self._file = None
        self._rest = ""
        self._replaced = False
        if path.exists():
            self._file = path.open()
            self._file.seek(0, os.SEEK_END)

    def lines(self) -> list[str]:
        """Whole lines that came since the last look."""
        if self._file is None:
            if not self._path.exists():
                return []
            self._file = self._path.open()
        replaced = self._replaced  # at the last look: nobody writes to the old one any more
        self._replaced = self._is_replaced()
        *lines, self._rest = (self._rest + self._file.read()).split("\n")
        if replaced:
            self._file.close()
            self._file, self._rest, self._replaced = None, "", False
        return lines

    def _is_replaced(self) -> bool:
        try:
            return os.stat(self._path).st_ino != os.fstat(self._file.fileno()).st_ino
        except FileNotFoundError:  # renamed, and nginx has not begun the next one
            return False


class Counts:
    """What a node did since it last said so."""

    def __init__(self) -> None:
        """Nothing so far."""
        self.values = dict.fromkeys(
            ("Requests", "BytesSent", "CacheLookups", "CacheHits", "StoreRequests", "StoreErrors",
             "ServerErrors", "DamagedCacheFiles"), 0,
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


def _file(cache: Path, key: str) -> Path:
    name = hashlib.md5(key.encode()).hexdigest()  # as nginx names it, levels=1:2
    return cache / name[-1] / name[-3:-1] / name


class Watch:
    """One node's watcher."""

    def __init__(self, log: Path, cache: Path, floor: int) -> None:
        """`floor` is how many bytes nginx keeps free (`min_free`)."""
        self._log, self._cache, self._floor = Log(log), cache, floor
        self.counts = Counts()

    def look(self) -> None:
        """Counts what was logged; removes what an answer that came short was made from."""
        for text in self._log.lines():
            line = json.loads(text)
            self.counts.add(line)
            if came_short(line):
                for path in cache_files(line, self._cache):
                    if path.exists():
                        path.unlink()
                        self.counts.values["DamagedCacheFiles"] += 1
                        say(f"removed {path}: {line['uri']} came short")

    def publish(self, namespace: str, address: str) -> None:
        """Says what was counted; what CloudWatch did not take is said by the next minute."""
        if sent(namespace, self.metrics(connections(address))):
            self.counts = Counts()

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


def sent(namespace: str, metrics: list[dict[str, object]]) -> bool:
    """Whether CloudWatch has them."""
    command = ["aws", "cloudwatch", "put-metric-data", "--namespace", namespace,
               "--metric-data", json.dumps(metrics)]  # fmt: skip
    try:
        subprocess.run(command, check=True, timeout=20, stdout=subprocess.DEVNULL)
    except (subprocess.SubprocessError, OSError) as error:
        say(f"not published, the next minute says it: {error}")
        return False
    return True


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
    due = time.monotonic() + PUBLISH_SECONDS
    while True:
        watch.look()
        if given.namespace and time.monotonic() >= due:
            due += PUBLISH_SECONDS
            watch.publish(given.namespace, given.metrics)
        time.sleep(1)


if __name__ == "__main__":
    main()
