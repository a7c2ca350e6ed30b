"""How many players of an account may play at once: leases that a player renews while it plays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from schemas.errors import Detail, StreamLimitError, VersionConflictError

# A player that vanished gives its place back after this long; one that plays renews at a
# quarter of it, so that it outlives a quarter of an hour in which the API does not answer.
LEASE_SECONDS = 20 * 60
RENEW_SECONDS = LEASE_SECONDS // 4
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Lease:
    """One player's place. ``expires_at`` is Unix seconds, whole ones."""

    profile_id: str
    title_id: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class AccountLeases:
    """An account's leases by stream id, at the ``version`` they were read at (0: none stored)."""

    leases: Mapping[str, Lease]
    version: int


class LeaseStore(Protocol):
    """An account's leases, written all at once."""

    def of_account(self, account_id: str) -> AccountLeases: ...

    def put(
        self, account_id: str, leases: Mapping[str, Lease], *, version: int, keep_until: int
    ) -> None:
        """Stores ``leases`` after ``version``; :class:`VersionConflictError` if it isn't that.

        They may be forgotten after ``keep_until``, Unix seconds, when the last of them has ended.
        """


@dataclass(frozen=True, kw_only=True)
class StreamLimit:
    """Gives at most ``limit`` leases of an account at a time."""

    leases: LeaseStore
    limit: int

    def take(self, account_id: str, stream_id: str, lease: Lease, *, now: float) -> None:
        """Take or renew the place of ``stream_id``; :class:`StreamLimitError` where none is free.

        A stream that changes its title or its profile keeps its place.
        """

        def taken(live: dict[str, Lease]) -> dict[str, Lease]:
            others = {name: other for name, other in live.items() if name != stream_id}
            if len(others) >= self.limit:
                raise _too_many(self.limit)
            return {**others, stream_id: lease}

        self._write(account_id, taken, now=now)

    def give_back(self, account_id: str, stream_id: str, *, now: float) -> None:
        """Free the place of ``stream_id``. Safe to repeat."""
        self._write(
            account_id,
            lambda live: {name: lease for name, lease in live.items() if name != stream_id},
            now=now,
        )

    def _write(self, account_id: str, change: _Change, *, now: float) -> None:
        for attempt in range(_ATTEMPTS):
            known = self.leases.of_account(account_id)
            live = {name: lease for name, lease in known.leases.items() if lease.expires_at > now}
            wanted = change(live)
            if wanted == dict(known.leases):
                return
            keep_until = int(now) + LEASE_SECONDS
            try:
                self.leases.put(account_id, wanted, version=known.version, keep_until=keep_until)
            except VersionConflictError:
                if attempt + 1 == _ATTEMPTS:
                    raise
            else:
                return


class _Change(Protocol):
    def __call__(self, live: dict[str, Lease], /) -> dict[str, Lease]: ...


def _too_many(limit: int) -> StreamLimitError:
    return StreamLimitError(
        f"this account plays on {limit} screens already; stop one of them to play here",
        details=[Detail("stream_id", f"{limit} other streams are open")],
    )
