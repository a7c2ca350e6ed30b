"""One batch, delivered until it is processed or given up. Knows nothing of ministack."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from local.emulator.kinesis_delivery.mapping import DeliverySettings

Record = dict[str, Any]

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0


class MappingGoneError(Exception):
    """The mapping was deleted or disabled; what is not yet delivered stays in the stream."""


class GivenUp(StrEnum):
    """Why a batch was given up, in the words of the invocation record."""

    RETRIES = "RetryAttemptsExhausted"
    AGE = "RecordAgeExceeded"


@dataclass(frozen=True)
class Outcome:
    """One invocation: whether it failed, was throttled, and what it answered."""

    failed: bool
    throttled: bool
    response: Any


@dataclass(frozen=True, kw_only=True)
class BatchDelivery:
    """Delivers batches; each of its calls outward is one of these functions.

    ``settings`` raises :class:`MappingGoneError`; ``done`` is told the last record of each part
    that needs no further attempt, in order; ``give_up`` gets the records, why, and the attempts.
    """

    settings: Callable[[], DeliverySettings]
    invoke: Callable[[DeliverySettings, list[Record]], Outcome]
    done: Callable[[Record], None]
    give_up: Callable[[DeliverySettings, list[Record], GivenUp, int], None]
    pause: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.time

    def deliver(self, records: Sequence[Record]) -> None:
        """Returns when every record is processed or given up."""
        pending, attempts, pauses = list(records), 0, 0
        while pending:
            settings = self.settings()
            if self._too_old(settings, pending[0]):
                self._give_up(settings, pending, GivenUp.AGE, attempts)
                return
            outcome = self.invoke(settings, pending)
            if not outcome.throttled:
                attempts += 1
                left = _unprocessed(settings, pending, outcome)
                if len(left) < len(pending):
                    self.done(pending[len(pending) - len(left) - 1])
                pending = left
                if not pending:
                    return
                if outcome.failed and settings.halves_on_error and len(pending) > 1:
                    middle = len(pending) // 2
                    self.deliver(pending[:middle])
                    self.deliver(pending[middle:])
                    return
                if settings.max_attempts is not None and attempts >= settings.max_attempts:
                    self._give_up(settings, pending, GivenUp.RETRIES, attempts)
                    return
            self.pause(min(FIRST_PAUSE * 2**pauses, LONGEST_PAUSE))
            pauses = min(pauses + 1, 10)

    def _too_old(self, settings: DeliverySettings, record: Record) -> bool:
        if settings.max_age_seconds is None:
            return False
        arrived: float = record["kinesis"]["approximateArrivalTimestamp"]
        return self.clock() - arrived > settings.max_age_seconds

    def _give_up(
        self, settings: DeliverySettings, records: list[Record], why: GivenUp, attempts: int
    ) -> None:
        self.give_up(settings, records, why, attempts)
        self.done(records[-1])


def _unprocessed(
    settings: DeliverySettings, records: list[Record], outcome: Outcome
) -> list[Record]:
    """What another attempt must take: all, none, or from the first record reported as failed."""
    if outcome.failed:
        return records
    if not settings.partial_responses or not isinstance(outcome.response, dict):
        return []
    failures = outcome.response.get("batchItemFailures")
    if not failures:
        return []
    places = {record["kinesis"]["sequenceNumber"]: at for at, record in enumerate(records)}
    try:
        return records[min(places[failure["itemIdentifier"]] for failure in failures) :]
    except (KeyError, TypeError):  # not a list of known records: AWS takes it as all failed
        return records
