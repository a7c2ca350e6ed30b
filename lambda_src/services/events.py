"""A batch of events: the good ones go on the stream, the bad ones are answered by their place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from schemas.envelope import Envelope
from schemas.errors import Detail, InvalidRequestError, ThrottledError
from schemas.events import parse_sent
from schemas.interactions import EventReceipt, RejectedEvent
from schemas.responses import DetailCard
from services.asking import Asker
from services.ports import Counter, EventSink, ProfileStore

RETRY_AFTER_SECONDS = 2


class EventsNotStoredError(ThrottledError):
    """The stream didn't take all good events; ``receipt`` says which of the batch are missing.

    A client may send the whole batch again: an event counts once, by its id.
    """

    def __init__(self, receipt: EventReceipt) -> None:
        missing = [item for item in receipt.rejected if item.code == "throttled"]
        super().__init__(
            f"{len(missing)} events were not stored, the stream is busy; send them again",
            details=[Detail(f"events[{item.index}]", item.message) for item in missing],
            retry_after_seconds=RETRY_AFTER_SECONDS,
        )
        self.receipt = receipt

    def beside(self) -> Mapping[str, object]:
        """The receipt: what was stored, and what was not."""
        return self.receipt.model_dump()


@dataclass(frozen=True, kw_only=True)
class EventService:
    """Takes events of a profile."""

    profiles: ProfileStore
    events: EventSink
    count: Counter

    def accept(self, asker: Asker, raw_events: Sequence[Any], *, sent_at: float) -> EventReceipt:
        """Stores what is good of a batch; ``sent_at`` is the client's clock as it sent it.

        Raises :class:`InvalidRequestError` where nothing is good, and
        :class:`EventsNotStoredError` where the stream didn't take all that is.
        """
        profile = self.profiles.get(asker.account_id, asker.profile_id)
        good: dict[int, Envelope] = {}
        bad: list[RejectedEvent] = []
        for index, raw in enumerate(raw_events):
            event = parse_sent(raw)
            if isinstance(event, list):
                bad.append(_invalid(index, event))
            else:
                good[index] = asker.sealed(event, profile, sent_at=sent_at)
        if bad:
            self.count("RejectedEvents", len(bad))
        if not good:
            raise _nothing_good(bad)
        return self._store(good, bad)

    def _store(self, good: dict[int, Envelope], bad: list[RejectedEvent]) -> EventReceipt:
        places = list(good)
        refused = [places[place] for place in self.events.put(list(good.values()))]
        self.count("AcceptedEvents", len(good) - len(refused))
        rejected = [*bad, *(_throttled(index) for index in refused)]
        rejected.sort(key=lambda item: item.index)
        receipt = EventReceipt(accepted=len(good) - len(refused), rejected=rejected)
        if refused:
            self.count("ThrottledEvents", len(refused))
            raise EventsNotStoredError(receipt)
        return receipt


def _invalid(index: int, details: Sequence[Detail]) -> RejectedEvent:
    words = "; ".join(f"{detail.field}: {detail.message}" for detail in details)
    return RejectedEvent(
        index=index,
        code="invalid_event",
        message=words,
        details=[DetailCard.of(detail) for detail in details],
    )


def _throttled(index: int) -> RejectedEvent:
    return RejectedEvent(
        index=index, code="throttled", message="not stored; send it again", details=[]
    )


def _nothing_good(bad: Sequence[RejectedEvent]) -> InvalidRequestError:
    details = [
        Detail(_within(item.index, detail.field), detail.message)
        for item in bad
        for detail in item.details
    ]
    return InvalidRequestError("none of the events can be taken", details=details)


def _within(index: int, field: str) -> str:
    return f"events[{index}]" if field == "body" else f"events[{index}].{field}"
