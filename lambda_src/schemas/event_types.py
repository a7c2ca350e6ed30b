"""The types of event that players and pages send: one shape each, told apart by ``type``.

Every event has an id of the client's making, so that a repeat counts once, and the client's own
time. ``schemas.envelope`` says what becomes of a clock that is wrong.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from recommender.history import Signal, SignalKind
from schemas.fields import ClockReading, EventId, Rating, Seconds, Shape, TitleId

LONGEST_INTERVAL_MS = 86_400_000  # a day
SMALLEST_PROPENSITY = 1e-6  # no list of ours draws a title more seldom
Milliseconds = Annotated[int, Field(ge=0, le=LONGEST_INTERVAL_MS, strict=True)]
Count = Annotated[int, Field(ge=0, le=100_000, strict=True)]
Kilobits = Annotated[int, Field(ge=0, le=1_000_000, strict=True)]
SessionId = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9_-]{8,64}$",
        description="One playback, from its start to its end (CMCD sid).",
    ),
]
ErrorCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]
Network = Literal["wifi", "cellular", "ethernet", "other"]


class Event(Shape):
    """What every event has. ``occurred_at`` is the client's clock, which every client tells.

    Only what our own API says in a viewer's name (a rating, the list) is without: it happens at
    receipt.
    """

    event_id: EventId
    occurred_at: ClockReading | None = None

    def signals(self, at: float) -> tuple[Signal, ...]:
        """What the event says about its title, as history knows it; ``at`` is Unix seconds."""
        return ()


class TitleEvent(Event):
    """An event about one title."""

    title_id: TitleId

    def _signal(self, kind: SignalKind, at: float, value: float | None = None) -> Signal:
        return Signal(title_id=self.title_id, kind=kind, occurred_at=at, value=value)


class PlaybackEvent(TitleEvent):
    """An event of the player, with the position where it has one."""

    position_seconds: Seconds | None = None
    duration_seconds: Seconds | None = None
    session_id: SessionId | None = None

    def signals(self, at: float) -> tuple[Signal, ...]:
        """The position, where the event carries one."""
        if self.position_seconds is None:
            return ()
        return (
            Signal(
                title_id=self.title_id,
                kind=SignalKind.POSITION,
                occurred_at=at,
                value=self.position_seconds,
                duration_seconds=self.duration_seconds,
            ),
        )


class PlacedEvent(TitleEvent):
    """An event on a title where it was shown: the place, and what put it there.

    A client copies ``row_id``, ``model_version`` and ``propensity`` from the answer that listed
    the title, so that the lake can join what was shown with what came of it.
    """

    row_id: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    position: Annotated[int, Field(ge=1, le=10_000, strict=True)] | None = None
    model_version: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    propensity: Annotated[float, Field(ge=SMALLEST_PROPENSITY, le=1, strict=True)] | None = None


class Play(PlaybackEvent):
    """Playback started."""

    type: Literal["play"]


class Progress(PlaybackEvent):
    """Playback goes on; players send one every ten seconds or so."""

    type: Literal["progress"]
    position_seconds: Seconds


class Pause(PlaybackEvent):
    """Playback stopped for now."""

    type: Literal["pause"]
    position_seconds: Seconds


class Complete(PlaybackEvent):
    """The title was watched to its end."""

    type: Literal["complete"]

    def signals(self, at: float) -> tuple[Signal, ...]:
        """Completion, and the position beside it."""
        return (self._signal(SignalKind.COMPLETE, at), *super().signals(at))


class Abandon(PlaybackEvent):
    """The viewer gave the title up."""

    type: Literal["abandon"]

    def signals(self, at: float) -> tuple[Signal, ...]:
        """The end of interest, and the position beside it."""
        return (self._signal(SignalKind.ABANDON, at), *super().signals(at))


class Rate(TitleEvent):
    """The viewer rated the title."""

    type: Literal["rate"]
    rating: Rating

    def signals(self, at: float) -> tuple[Signal, ...]:
        """The rating."""
        return (self._signal(SignalKind.RATE, at, self.rating),)


class RateRemove(TitleEvent):
    """The viewer took the rating back."""

    type: Literal["rate_remove"]

    def signals(self, at: float) -> tuple[Signal, ...]:
        """A rating of nothing."""
        return (self._signal(SignalKind.RATE, at),)


class ListAdd(TitleEvent):
    """The title went on the viewer's list."""

    type: Literal["list_add"]

    def signals(self, at: float) -> tuple[Signal, ...]:
        """On the list."""
        return (self._signal(SignalKind.LIST, at, 1.0),)


class ListRemove(TitleEvent):
    """The title came off the viewer's list."""

    type: Literal["list_remove"]

    def signals(self, at: float) -> tuple[Signal, ...]:
        """Off the list."""
        return (self._signal(SignalKind.LIST, at, 0.0),)


class Dismiss(PlacedEvent):
    """The viewer doesn't want the title suggested."""

    type: Literal["dismiss"]

    def signals(self, at: float) -> tuple[Signal, ...]:
        """The dismissal."""
        return (self._signal(SignalKind.DISMISS, at),)


class Impression(PlacedEvent):
    """The title was on screen. Says nothing of the title's state; it is for the lake."""

    type: Literal["impression"]


class Click(PlacedEvent):
    """The title was opened. Says nothing of the title's state; it is for the lake."""

    type: Literal["click"]


class Search(Event):
    """The viewer searched. ``result_count`` is how many titles the answer held."""

    type: Literal["search"]
    query: Annotated[str, Field(min_length=1, max_length=200)]
    result_count: Count | None = None


class PlaybackQuality(TitleEvent):
    """How a playback went since its event before this one, so that a session's events add up.

    The names are CTA-2066's terms; each stands for a key of CMCD (CTA-5004-A): ``startup_ms``
    for msd (in a session's first event alone), ``rebuffer_ms`` and ``rebuffer_count`` for bsd
    and bsa, ``bitrate_kbps`` and ``top_bitrate_kbps`` for br and tb, ``error_codes`` for ec.
    ``playing_ms`` is time in which the picture moved: the rebuffer ratio is ``rebuffer_ms`` of
    ``playing_ms + rebuffer_ms``. ``bitrate_kbps`` is the mean over ``playing_ms``.
    """

    type: Literal["playback_quality"]
    session_id: SessionId
    startup_ms: Milliseconds | None = None
    playing_ms: Milliseconds = 0
    rebuffer_ms: Milliseconds = 0
    rebuffer_count: Count = 0
    bitrate_kbps: Kilobits | None = None
    top_bitrate_kbps: Kilobits | None = None
    rendition_switches: Count = 0
    error_codes: Annotated[tuple[ErrorCode, ...], Field(max_length=8)] = ()
    failed: Annotated[bool, Field(strict=True, description="An error ended the playback.")] = False
    network: Network | None = None
