"""What a profile has done with each title, as state that any order of events leads to.

Every field group of :class:`TitleState` is a last-writer-wins register: a value and the time
of the event that set it. :func:`merge` keeps the later of two, and the larger value where the
times are equal, so it is commutative, associative and idempotent: a retried, repeated or
late event changes nothing that a later one has set.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


class SignalKind(StrEnum):
    """What an event says about a title, as far as preferences go."""

    POSITION = "position"  # value: seconds from the start
    COMPLETE = "complete"
    ABANDON = "abandon"
    RATE = "rate"  # value: 0.5 to 5 stars; None takes the rating back
    LIST = "list"  # value: 1 on the list, 0 taken off
    DISMISS = "dismiss"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One event about one title. ``occurred_at`` is Unix seconds."""

    title_id: str
    kind: SignalKind
    occurred_at: float
    value: float | None = None
    duration_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleState:
    """One profile's state for one title. Times are Unix seconds, ``None`` for never."""

    title_id: str
    position_seconds: float | None = None
    duration_seconds: float | None = None
    position_at: float | None = None
    completed_at: float | None = None
    abandoned_at: float | None = None
    rating: float | None = None
    rated_at: float | None = None
    listed: bool = False
    listed_at: float | None = None
    dismissed_at: float | None = None

    @property
    def last_event_at(self) -> float:
        """The time of the latest event, 0 where there is none."""
        # Asked of every title of a history with every request, so in plain steps.
        return max(
            self.position_at or 0.0,
            self.completed_at or 0.0,
            self.abandoned_at or 0.0,
            self.rated_at or 0.0,
            self.listed_at or 0.0,
            self.dismissed_at or 0.0,
        )

    @property
    def in_progress(self) -> bool:
        """Started, and not finished or given up since."""
        if self.position_at is None or not self.position_seconds:
            return False
        ends = (self.completed_at, self.abandoned_at)
        return all(end is None or end < self.position_at for end in ends)

    @property
    def seen(self) -> bool:
        """Finished or rated: what no row of suggestions may hold."""
        return self.completed_at is not None or self.rating is not None


def merge(state: TitleState, signal: Signal) -> TitleState:
    """``state`` after ``signal``; the order in which signals arrive does not matter."""
    if signal.title_id != state.title_id:
        raise ValueError(f"signal of title {signal.title_id!r} for title {state.title_id!r}")
    match signal.kind:
        case SignalKind.POSITION:
            # The longest duration ever reported: an order-free choice, and a title has one.
            durations = (state.duration_seconds, signal.duration_seconds)
            longest = max((value for value in durations if value is not None), default=None)
            if _older((state.position_at, state.position_seconds), signal):
                return replace(
                    state,
                    duration_seconds=longest,
                    position_seconds=signal.value,
                    position_at=signal.occurred_at,
                )
            return replace(state, duration_seconds=longest)
        case SignalKind.RATE:
            if _older((state.rated_at, state.rating), signal):
                return replace(state, rating=signal.value, rated_at=signal.occurred_at)
            return state
        case SignalKind.LIST:
            if _older((state.listed_at, float(state.listed)), signal):
                return replace(state, listed=bool(signal.value), listed_at=signal.occurred_at)
            return state
        case SignalKind.COMPLETE:
            return replace(state, completed_at=_later(state.completed_at, signal.occurred_at))
        case SignalKind.ABANDON:
            return replace(state, abandoned_at=_later(state.abandoned_at, signal.occurred_at))
        case SignalKind.DISMISS:
            return replace(state, dismissed_at=_later(state.dismissed_at, signal.occurred_at))


def merge_all(states: dict[str, TitleState], signals: Iterable[Signal]) -> dict[str, TitleState]:
    """``states`` (by title id) after all ``signals``; the argument is left as it is."""
    merged = dict(states)
    for signal in signals:
        title_id = signal.title_id
        merged[title_id] = merge(merged.get(title_id) or TitleState(title_id=title_id), signal)
    return merged


def _later(known: float | None, time: float) -> float:
    return time if known is None else max(known, time)


def _older(register: tuple[float | None, float | None], signal: Signal) -> bool:
    time, value = register
    if time is None or time < signal.occurred_at:
        return True
    lowest = float("-inf")
    mine = lowest if value is None else value
    theirs = lowest if signal.value is None else signal.value
    return time == signal.occurred_at and mine < theirs
