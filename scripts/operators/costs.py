"""What packaging a batch will cost in AWS, before it starts. US East (N. Virginia), USD.

List prices of aws.amazon.com/mediaconvert/pricing (on demand, basic tier, AVC in one pass),
/s3/pricing, /step-functions/pricing and /lambda/pricing, before discounts for volume. They were
written down by hand in November 2026 and not compared with the pages since: look them up before a
large batch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from adapters.media.tools import SandboxedTools
from schemas.ladder import Ladder, Rendition
from schemas.mezzanine import Headers
from scripts.operators.delivery import Delivery
from services.media_ports import MediaUnreadableError

# A minute of output by its size and rate, as the basic tier bills AVC in one pass.
_BY_LINES = ((719, 0.0075), (1080, 0.015), (4320, 0.03))
_BY_RATE = ((Fraction(30), 1.0), (Fraction(60), 1.75))
_AUDIO_MINUTE = 0.0025  # of an output without a picture
_LEAST_SECONDS = 10.0  # that a job is billed for
_S3_PUT, _S3_GB_MONTH = 0.005 / 1000, 0.023
_TRANSITION, _TRANSITIONS = 0.025 / 1000, 12
_LAMBDA_GB_SECOND, _LAMBDA_GB, _LAMBDA_SECONDS = 0.0000133334, 3.0, 40.0


@dataclass(frozen=True)
class Offer:
    """A delivery, and what its mezzanine says of itself."""

    delivery: Delivery
    headers: Headers


@dataclass(frozen=True)
class Estimate:
    """Dollars by what they are paid for; ``gigabytes`` are what is published."""

    titles: int
    hours: float
    gigabytes: float
    dollars: dict[str, float] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """Once, without the storage of later months."""
        return math.fsum(self.dollars.values())

    def table(self) -> Table:
        """For a terminal."""
        table = Table(
            title=f"{self.titles:,} titles, {self.hours:,.2f} h: "
            f"at most {self.total:,.2f} USD in AWS",
            title_justify="left",
            header_style="dim",
        )
        table.add_column("what")
        table.add_column("USD", justify="right")
        for what, dollars in self.dollars.items():
            table.add_row(what, f"{dollars:,.4f}")
        storage = self.gigabytes * _S3_GB_MONTH
        table.add_row(f"[dim]then each month: {self.gigabytes:,.2f} GB[/]", f"{storage:,.4f}")
        return table


def looked_at(
    found: Sequence[Delivery], *, console: Console
) -> tuple[list[Offer], list[tuple[Delivery, str]]]:
    """What the headers of each mezzanine say, and the deliveries whose can't be read, with why."""
    tools, offers, unreadable = SandboxedTools(), [], []
    with Progress(
        TextColumn("looking at"), BarColumn(), MofNCompleteColumn(), console=console, transient=True
    ) as progress:
        for delivery in progress.track(found):
            try:
                offers.append(Offer(delivery, tools.headers(delivery.mezzanine.resolve())))
            except MediaUnreadableError as error:
                unreadable.append((delivery, error.reason))
    return offers, unreadable


def estimate(offers: Sequence[Offer], ladder: Ladder) -> Estimate:
    """The most it may cost: as if nothing had been packaged before, at every rung's full rate."""
    sums = {"MediaConvert, renditions": 0.0, "MediaConvert, audio": 0.0}
    seconds, gigabytes, segments = 0.0, 0.0, 0.0
    for offer in offers:
        if not offer.headers.pictures:
            continue  # it will be refused, at no cost
        length = offer.headers.seconds
        minutes = max(length, _LEAST_SECONDS) / 60
        picture = offer.headers.pictures[0]
        rungs = ladder.renditions_for(picture.width, picture.height)
        tracks = len(offer.delivery.document.audio)
        sums["MediaConvert, renditions"] += minutes * sum(
            _minute(rung, Fraction(picture.frame_rate)) for rung in rungs
        )
        sums["MediaConvert, audio"] += minutes * _AUDIO_MINUTE * tracks
        kbps = sum(rung.max_kbps for rung in rungs) + tracks * ladder.audio.kbps
        seconds += length
        gigabytes += kbps * length / 8e6
        segments += (len(rungs) + tracks) * math.ceil(length / ladder.segment_seconds)
    return Estimate(
        titles=len(offers),
        hours=seconds / 3600,
        gigabytes=gigabytes,
        dollars={
            **sums,
            "S3, requests": 2 * segments * _S3_PUT,  # put to staging, copied to media
            "Step Functions": len(offers) * _TRANSITIONS * _TRANSITION,
            "Lambda": len(offers) * _LAMBDA_GB * _LAMBDA_SECONDS * _LAMBDA_GB_SECOND,
        },
    )


def _minute(rung: Rendition, rate: Fraction) -> float:
    price = next(price for lines, price in _BY_LINES if rung.height <= lines)
    factor = next((factor for most, factor in _BY_RATE if rate <= most), _BY_RATE[-1][1])
    return price * factor
