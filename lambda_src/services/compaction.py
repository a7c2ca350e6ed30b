"""Compaction and retention of the lake: write new, swap, delete old.

An hour is rewritten from all that landed of it into a folder named after exactly those files;
then one call to the catalogue makes readers see it; then what nobody sees is deleted. Killed
anywhere, readers see the old generation or the new one, and the next run goes on: the same
files give the same folder, so it overwrites what was half written. A file that lands late is
another set of files, so another generation.

An hour that is too large for a function is asked for elsewhere; a later run finds it written,
and shows it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from services.lake import (
    LakeCatalogue,
    LakeFile,
    LakeFiles,
    LakeHour,
    LargeRewriter,
    Rewriter,
)
from services.ports import Counter

# Firehose writes an hour's last file its buffer's five minutes after the hour.
CLOSED_AFTER_SECONDS = 900
# As long as `landing/` is kept: an hour is behind, and said to be, until it is whole or gone.
LOOK_BACK_DAYS = 30
# More than a function may run, and than Athena lets a query: who writes or reads a generation as
# young as this, or the one before it, may still be at it.
ABANDONED_AFTER_SECONDS = 3600
# Raised when the same files would be rewritten into something else.
LAYOUT = "1"
RETENTION = "retention"  # among the hours, what is no hour
MOST_REASON = 500
# A part as Spark names it: which one, of which write.
_PART = re.compile(r"/part-\d+-([0-9a-f-]+)-c\d+\.[^/]*$")


@dataclass(slots=True)
class UpkeepReport:
    """What a run did, by hour.

    ``elsewhere`` are hours that another machine works on, ``behind`` those that are not as they
    should be; ``failed`` says why, of those that something broke.
    """

    rewritten: list[str] = field(default_factory=list)
    expired: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    behind: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    records: int = 0
    repeats: int = 0
    unreadable: int = 0


@dataclass(frozen=True, kw_only=True)
class LakeUpkeep:
    """``most_bytes``: an hour that landed with more is for ``large``, with more room."""

    files: LakeFiles
    catalogue: LakeCatalogue
    rewrite: Rewriter
    large: LargeRewriter
    count: Counter
    retention_days: int
    most_bytes: int

    def run(self, *, now: float, may_go_on: Callable[[], bool] = lambda: True) -> UpkeepReport:
        """Retention; then every closed hour made whole, oldest first, as far as time goes.

        Neither waits for another: what breaks one hour, such as a file that can't be read, is
        reported, and the others go on.
        """
        report = UpkeepReport()
        self._tried(RETENTION, report, partial(self._expire, report, now=now))
        for hour in self._closed_hours(now):
            if may_go_on():
                work = partial(self._make_whole, hour, report, now=now)
                self._tried(str(hour), report, work)
            else:
                report.behind.append(str(hour))
        self.count("LakeHoursFailed", len(report.failed))
        self.count("LakeHoursBehind", len(report.behind))
        return report

    def _tried(self, name: str, report: UpkeepReport, work: Callable[[], bool]) -> None:
        try:
            done = work()
        except Exception as error:  # of any library, about one hour's files: no other waits for it
            report.failed[name] = f"{type(error).__name__}: {error}"[:MOST_REASON]
            done = False
        if not done:
            report.behind.append(name)

    def _closed_hours(self, now: float) -> Iterator[LakeHour]:
        today = datetime.fromtimestamp(now, UTC)
        days = [f"{today - timedelta(days=age):%Y-%m-%d}" for age in range(LOOK_BACK_DAYS, -1, -1)]
        for hour in self.files.landed_hours(days):
            if hour.ends_at + CLOSED_AFTER_SECONDS <= now:
                yield hour

    def _make_whole(self, hour: LakeHour, report: UpkeepReport, *, now: float) -> bool:
        landed = self.files.landed(hour)
        current = self.catalogue.generation(hour)
        generation = generation_of(landed)
        if current != generation:
            if current and not self._holds_all_of(hour, current, landed):
                # Landed files are gone that readers still see: a new generation would lose them.
                self.count("LakeSourcesMissing")
                return False
            if sum(file.size for file in landed) <= self.most_bytes:
                self._write(landed, hour, generation, report)
            elif self.files.is_written(hour, generation):
                self._take(landed, hour, generation, report)
            else:
                self.count("LakeHoursTooLarge")
                report.elsewhere.append(str(hour))
                return self.large.ask(hour, generation, now=now)
        self._sweep(hour, keep=generation, now=now)
        return True

    def _write(
        self, landed: Sequence[LakeFile], hour: LakeHour, generation: str, report: UpkeepReport
    ) -> None:
        rewritten = self.rewrite(landed, hour, generation)
        # What an earlier try left in the folder under other names would be read as well.
        there = {file.key for file in self.files.generations(hour).get(generation, [])}
        self.files.delete(there.difference(rewritten.files))
        self.catalogue.point(hour, generation)
        report.rewritten.append(str(hour))
        report.records += rewritten.records
        report.repeats += rewritten.repeats
        report.unreadable += rewritten.unreadable

    def _take(
        self, landed: Sequence[LakeFile], hour: LakeHour, generation: str, report: UpkeepReport
    ) -> None:
        """Shows what was written elsewhere, by one job: parts of two would be records twice."""
        written = self.files.generations(hour)[generation]
        jobs = {found[1] for file in written if (found := _PART.search(file.key))}
        if len(jobs) > 1:
            raise ValueError(f"{len(jobs)} jobs wrote parts of {hour.folder}/{generation}")
        self.files.note_sources(hour, generation, landed)
        self.catalogue.point(hour, generation)
        self.large.settle(hour, generation)
        report.rewritten.append(str(hour))

    def _holds_all_of(self, hour: LakeHour, current: str, landed: Sequence[LakeFile]) -> bool:
        made_of = self.files.sources(hour, current)
        return made_of is not None and made_of <= {file.key for file in landed}

    def _sweep(self, hour: LakeHour, *, keep: str, now: float) -> None:
        generations = self.files.generations(hour)
        # A query that began before the swap reads the generation before this one to its end.
        if not _is_old(generations.pop(keep, ()), now):
            return
        for files in generations.values():
            if _is_old(files, now):
                self.files.delete([file.key for file in files])

    def _expire(self, report: UpkeepReport, *, now: float) -> bool:
        oldest_kept = LakeHour.at(now - self.retention_days * 86_400)
        for hour in self.catalogue.hours_before(oldest_kept):
            self.catalogue.drop(hour)  # first: a partition without files is an hour of nothing
            report.expired.append(str(hour))
        while hours := self.files.oldest_hours(oldest_kept):
            for hour in hours:
                for files in self.files.generations(hour).values():
                    self.files.delete([file.key for file in files])
        return True


def _is_old(files: Sequence[LakeFile], now: float) -> bool:
    youngest = max((file.modified_at for file in files), default=now)
    return youngest + ABANDONED_AFTER_SECONDS <= now


def generation_of(landed: Sequence[LakeFile]) -> str:
    """The name of what those files are rewritten to: theirs and no others'."""
    digest = hashlib.sha256(LAYOUT.encode())
    for file in sorted(landed, key=lambda file: file.key):
        digest.update(f"\0{file.key}\0{file.etag}".encode())
    return digest.hexdigest()[:16]
