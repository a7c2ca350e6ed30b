"""From the stream to the viewing table: each profile's state of each title, exactly once.

States merge in any order and any number of times to the same result, so a batch may come
again from any place, and no table of seen events is needed. A batch of any size costs a few
round trips: who is asked for, what is stored, what is new, each many items at a time.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

from recommender.history import Signal, TitleState, merge
from schemas.envelope import Envelope
from schemas.errors import RetryLaterError
from services.ports import Counter, ProfileStore, StateWrite, StoredState, ViewingStore
from services.stream import Aside, Outcome, PoisonStore, StreamRecord, earliest, read_batch

CONSUMER = "profile"
NOT_OF_THE_ACCOUNT = "profile_id: is no profile of this account"
BUSY = "the table refused this title's state for {:.0f} s; feed it back when it takes it again"
# A record that its item's partition refuses for longer is set aside: its lane goes on.
PATIENCE_SECONDS = 120.0
# Of one batch, no more items and no larger share of its writes are hot partitions; more than
# these, or all there are, is a table that is short of writes, and is waited for.
MOST_HOT_ITEMS = 10
MOST_HOT_SHARE = 0.05
_ATTEMPTS = 6

Asker = tuple[str, str]  # account id, profile id
Key = tuple[str, str]  # profile id, title id
Stored = Mapping[Key, StoredState]


@dataclass(slots=True)
class _Change:
    """All signals of a batch for one item, and the places of their records."""

    account_id: str
    signals: list[Signal] = field(default_factory=list)
    places: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Refused:
    """The places of records whose items are not stored, and how many items these are.

    ``settled`` items are as the batch says: written now, or found so when it came again.
    ``begun`` is who asked for items that were not there before.
    """

    places: list[int] = field(default_factory=list)
    items: int = 0
    settled: int = 0
    begun: set[Asker] = field(default_factory=set)

    def add(self, change: _Change) -> None:
        self.places += change.places
        self.items += 1

    @property
    def is_hot(self) -> bool:
        """Whether it is a few of the items, and not the table, that take no writes."""
        everything = self.items + self.settled
        return self.items <= MOST_HOT_ITEMS and self.items < MOST_HOT_SHARE * everything


Changes = dict[Key, _Change]


@dataclass(frozen=True, kw_only=True)
class ProfileUpdates:
    """The profile consumer."""

    profiles: ProfileStore
    viewing: ViewingStore
    poison: PoisonStore
    count: Counter

    def apply(self, records: Sequence[StreamRecord], *, now: float) -> Outcome:
        """Stores what a batch says; failures of a store leave their records for next time.

        What can't be applied is set aside after that: a failure bucket that hangs holds up none
        of the good records.
        """
        batch = read_batch(records)
        aside = Aside(consumer=CONSUMER, poison=self.poison, count=self.count)
        said = {
            place: (envelope, signals)
            for place, envelope in batch.good.items()
            if (signals := envelope.signals())
        }
        try:
            strangers, gone = self._not_known({_asker(envelope) for envelope, _ in said.values()})
            changes = _by_item(said, strangers | gone)
            refused = self._store(changes, self.viewing.get_many(changes))
            self._bury(gone, refused.begun, now=now)
        except RetryLaterError:
            return Outcome(0, *aside.put(records, batch.bad, earliest(said)))
        theirs = {
            place: NOT_OF_THE_ACCOUNT
            for place, (envelope, _) in said.items()
            if _asker(envelope) in strangers
        }
        hot = _given_up(records, refused, now)
        again = earliest(place for place in refused.places if place not in hot)
        return Outcome(
            len(batch.good) - len(theirs),
            *aside.put(records, {**batch.bad, **theirs, **hot}, again),
        )

    def _not_known(self, askers: set[Asker]) -> tuple[set[Asker], set[Asker]]:
        """Of (account id, profile id) pairs, those that never were, and those deleted lately.

        What a deleted profile did is let go when it comes late; what another account's profile
        is said to have done is poison.
        """
        missing = askers - self.profiles.existing(askers) if askers else set()
        if not missing:
            return set(), set()
        graves = self.viewing.forgotten({profile_id for _, profile_id in missing})
        gone = {asker for asker in missing if asker[1] in graves}
        return missing - gone, gone

    def _store(self, changes: Changes, stored: Stored) -> _Refused:
        """Writes what is new, again where somebody else was first; what is not stored."""
        refused = _Refused()
        for attempt in range(_ATTEMPTS):
            if attempt:
                try:
                    stored = self.viewing.get_many(changes)
                except RetryLaterError:
                    break
            writes = list(_merged(changes, stored))
            refused.settled += len(changes) - len(writes)
            if not writes:
                return refused  # nothing new: repeats, or older than what is stored
            unwritten = self.viewing.put_many(writes)
            for place in unwritten.busy:
                refused.add(changes[_key(writes[place])])
            lost = [_key(writes[place]) for place in unwritten.conflicts]
            refused.settled += len(writes) - len(unwritten.busy) - len(lost)
            refused.begun |= {
                (write.account_id, write.profile_id) for write in writes if not write.known.version
            }
            if not lost:
                return refused
            self.count("VersionConflicts", len(lost))
            changes = {key: changes[key] for key in lost}
        for change in changes.values():
            refused.add(change)
        return refused

    def _bury(self, gone: set[Asker], begun: set[Asker], *, now: float) -> None:
        """Removes what was written of a profile while it was being deleted.

        A deletion leaves a grave, removes the items, the profile, and the items again. So an
        item that comes too late to be removed finds the grave and no profile; where the process
        ended before it looked, the record comes again and finds the profile ``gone``. A profile
        that still lives is being deleted, and its items with it, or its deletion broke off:
        then it keeps what it does.
        """
        graves = self.viewing.forgotten({name for _, name in begun}) if begun else frozenset()
        doubtful = {asker for asker in begun if asker[1] in graves}
        if doubtful:
            gone = gone | doubtful - self.profiles.existing(doubtful, at_once=True)
        for _, profile_id in gone:
            self.viewing.forget(profile_id, now=now)


def _given_up(records: Sequence[StreamRecord], refused: _Refused, now: float) -> dict[int, str]:
    """Of the places that are not stored, those that are old and of a hot item, with the reason."""
    patience = PATIENCE_SECONDS if refused.is_hot else math.inf
    ages = {place: now - records[place].arrived_at for place in refused.places}
    return {place: BUSY.format(age) for place, age in ages.items() if age > patience}


def _by_item(
    said: Mapping[int, tuple[Envelope, Sequence[Signal]]], unknown: Container[Asker]
) -> Changes:
    changes: Changes = {}
    for place, (envelope, signals) in said.items():
        if _asker(envelope) in unknown:
            continue
        key = (envelope.profile_id, signals[0].title_id)
        change = changes.get(key)
        if change is None:
            change = changes[key] = _Change(envelope.account_id)
        change.signals.extend(signals)
        change.places.append(place)
    return changes


def _merged(changes: Changes, stored: Stored) -> Iterator[StateWrite]:
    """The states that the changes make different from what is stored."""
    for (profile_id, title_id), change in changes.items():
        known = stored.get((profile_id, title_id))
        if known is None:
            known = StoredState(TitleState(title_id=title_id), 0)
        state = reduce(merge, change.signals, known.state)
        if state != known.state:
            yield StateWrite(change.account_id, profile_id, state, known)


def _asker(envelope: Envelope) -> Asker:
    return envelope.account_id, envelope.profile_id


def _key(write: StateWrite) -> Key:
    return write.profile_id, write.state.title_id
