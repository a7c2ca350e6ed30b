"""From the stream to the viewing table: each profile's state of each title, exactly once.

States merge in any order and any number of times to the same result, so a batch may come
again from any place. Within a batch each item is read once and written at most once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from recommender.history import Signal, TitleState, merge_all
from schemas.errors import RetryLaterError, VersionConflictError
from services.ports import Counter, StoredState, ViewingStore
from services.stream import Outcome, PoisonStore, Sorted, StreamRecord, earliest, read_batch

CONSUMER = "profile"
_ATTEMPTS = 6

Key = tuple[str, str]  # profile id, title id


@dataclass(slots=True)
class _Change:
    """All signals of a batch for one item, and the places of their records."""

    account_id: str
    signals: list[Signal] = field(default_factory=list)
    places: list[int] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class ProfileUpdates:
    """The profile consumer. ``threads`` writes go out at once."""

    viewing: ViewingStore
    poison: PoisonStore
    count: Counter
    threads: int = 8

    def apply(self, records: Sequence[StreamRecord]) -> Outcome:
        """Stores what a batch says; failures of a store leave their records for next time."""
        batch = read_batch(records, consumer=CONSUMER, poison=self.poison, count=self.count)
        changes = _by_item(batch)
        try:
            gone = self.viewing.forgotten({profile_id for profile_id, _ in changes})
            changes = {key: change for key, change in changes.items() if key[0] not in gone}
            stored = self.viewing.get_many(changes)
        except RetryLaterError:
            return Outcome(0, batch.poison, earliest([*batch.good, batch.first_failed]))
        failed = self._store_all(changes, stored)
        first_failed = earliest([batch.first_failed, *failed])
        return Outcome(len(batch.good), batch.poison, first_failed)

    def _store_all(self, changes: dict[Key, _Change], stored: dict[Key, StoredState]) -> list[int]:
        def store(key: Key) -> Iterable[int]:
            known = stored.get(key) or StoredState(TitleState(title_id=key[1]), 0)
            return () if self._store(key, changes[key], known) else changes[key].places

        with ThreadPoolExecutor(max_workers=self.threads) as threads:
            return [place for places in threads.map(store, changes) for place in places]

    def _store(self, key: Key, change: _Change, known: StoredState) -> bool:
        profile_id, title_id = key
        for _ in range(_ATTEMPTS):
            state = merge_all({title_id: known.state}, change.signals)[title_id]
            if state == known.state:
                return True  # nothing new: a repeat, or older than what is stored
            try:
                self.viewing.put(change.account_id, profile_id, state, version=known.version)
            except VersionConflictError:
                self.count("VersionConflicts")
                try:
                    known = self.viewing.get(profile_id, title_id)
                except RetryLaterError:
                    return False
            except RetryLaterError:
                return False
            else:
                return True
        return False


def _by_item(batch: Sorted) -> dict[Key, _Change]:
    changes: dict[Key, _Change] = {}
    for place, envelope in batch.good.items():
        signals = envelope.signals()
        if not signals:
            continue
        key = (envelope.profile_id, signals[0].title_id)
        change = changes.setdefault(key, _Change(envelope.account_id))
        change.signals.extend(signals)
        change.places.append(place)
    return changes
