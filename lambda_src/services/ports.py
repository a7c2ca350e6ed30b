"""What the use cases need of the outside world. ``adapters`` fulfils it, tests fake it.

All of them raise :class:`schemas.errors.RetryLaterError` (or its :class:`ThrottledError`)
when the service behind them can't answer now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from recommender.history import TitleState
from schemas.catalogue import TitleRecord
from schemas.envelope import Envelope
from schemas.profiles import Profile

if TYPE_CHECKING:  # numpy, which half of the functions have no use for
    from recommender.editorial import EditorialRules
    from recommender.model import Model


class Counter(Protocol):
    """Counts what an operator wants to see."""

    def __call__(self, name: str, value: float = 1, /, **dimensions: str) -> None:
        """Adds ``value`` to the metric ``name``."""


class Distribution(Protocol):
    """Measures what an operator wants to see the spread of."""

    def __call__(self, name: str, values: Sequence[float], /, **dimensions: str) -> None:
        """Adds each of ``values`` to the metric ``name`` of those dimensions."""


@dataclass(frozen=True, slots=True)
class AccountProfiles:
    """An account's profiles, oldest first, and the revision of that set."""

    profiles: Sequence[Profile]
    revision: int


class ProfileStore(Protocol):
    """Accounts and their profiles."""

    def of_account(self, account_id: str) -> AccountProfiles: ...

    def get(self, account_id: str, profile_id: str) -> Profile:
        """The profile; :class:`NotFoundError`, be it absent or another account's."""

    def existing(
        self, pairs: Iterable[tuple[str, str]], *, at_once: bool = False
    ) -> frozenset[tuple[str, str]]:
        """Those (account id, profile id) pairs that are profiles.

        One that was removed within the last seconds may be among them, but for ``at_once``.
        """

    def add(self, account_id: str, profile: Profile, *, revision: int) -> None:
        """Stores a profile; :class:`VersionConflictError` if the set isn't at ``revision``."""

    def change(self, account_id: str, profile_id: str, changes: Mapping[str, object]) -> Profile:
        """The profile with ``changes``; :class:`NotFoundError` if it is gone meanwhile."""

    def remove(self, account_id: str, profile_id: str) -> None: ...


@dataclass(frozen=True, slots=True)
class StoredState:
    """A title's state for a profile, at the ``version`` it was read at (0: never stored)."""

    state: TitleState
    version: int


@dataclass(frozen=True, slots=True)
class StateWrite:
    """``state``, to be stored in the place of what is ``known``."""

    account_id: str
    profile_id: str
    state: TitleState
    known: StoredState


class Unwritten(Protocol):
    """The places of writes that were not done."""

    @property
    def conflicts(self) -> Sequence[int]:
        """The item is no longer at the version that was known."""

    @property
    def busy(self) -> Sequence[int]:
        """The store refused them to the last of its tries."""


class ViewingStore(Protocol):
    """What profiles did with titles."""

    def history(self, profile_id: str) -> dict[str, TitleState]:
        """All of a profile's states by title id."""

    def get(self, profile_id: str, title_id: str) -> StoredState: ...

    def get_many(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], StoredState]:
        """The stored states of (profile id, title id) pairs; pairs never stored are left out."""

    def put(self, account_id: str, profile_id: str, state: TitleState, *, version: int) -> None:
        """Stores ``state`` after ``version``; :class:`VersionConflictError` if it is not that."""

    def put_many(self, writes: Sequence[StateWrite]) -> Unwritten:
        """Stores each of ``writes`` by itself, in few round trips; which were not, and why."""

    def forgotten(self, profile_ids: Iterable[str]) -> frozenset[str]:
        """Those of ``profile_ids`` that were deleted, so that nothing late is stored again."""

    def forget(self, profile_id: str, *, now: float) -> None:
        """Removes all states, and remembers that the profile is gone. Safe to repeat."""


class TitleStore(Protocol):
    """The catalogue."""

    def get(self, title_id: str) -> TitleRecord | None: ...

    def get_many(self, title_ids: Iterable[str]) -> dict[str, TitleRecord]: ...

    def scan(self, *, after: str | None = None) -> Iterator[TitleRecord]:
        """All titles in the table's own order, lazily, from the one after title id ``after``."""


class TrendingStore(Protocol):
    """Scores per title in windows."""

    def scores(self, window: str) -> dict[str, float]: ...

    def scores_of(self, windows: Sequence[str]) -> dict[str, dict[str, float]]:
        """The scores of several windows by their names, read at once."""


@dataclass(frozen=True, slots=True)
class ServedModel:
    """The model to serve from, or why there is none (the API's ``fallback`` value)."""

    model: Model | None
    fallback: str | None

    @property
    def version(self) -> str | None:
        """The model's version."""
        return self.model.version if self.model else None


class ModelSource(Protocol):
    """Where the served model comes from."""

    def current(self, now: float) -> ServedModel:
        """The latest good model. Never raises for a missing, damaged or unreachable one."""


class EditorialSource(Protocol):
    """Where the editors' rules come from."""

    def current(self, now: float) -> EditorialRules:
        """The latest good rules. Never raises for missing, damaged or unreachable ones."""


class Journal(Protocol):
    """Writes one structured line to the log, for those who evaluate what was shown."""

    def __call__(self, message: str, /, **fields: object) -> None: ...


class EventSink(Protocol):
    """The event stream."""

    def put(self, envelopes: Sequence[Envelope]) -> list[int]:
        """Sends all; the places of those that were not taken after all retries."""
