"""Profiles of an account: list, create, change, export, delete."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

from schemas.errors import Detail, ProfileLimitError, VersionConflictError
from schemas.profiles import (
    MAX_PROFILES,
    NewProfile,
    Profile,
    ProfileChange,
    ProfileExport,
    ProfileList,
    WatchedTitle,
)
from services.ports import ProfileStore, ViewingStore

_ATTEMPTS = 4


@dataclass(frozen=True, kw_only=True)
class ProfileService:
    """``new_id`` makes profile ids."""

    profiles: ProfileStore
    viewing: ViewingStore
    new_id: Callable[[], str]

    def of_account(self, account_id: str) -> ProfileList:
        """The account's profiles."""
        return ProfileList(items=[*self.profiles.of_account(account_id).profiles])

    def get(self, account_id: str, profile_id: str) -> Profile:
        """One profile of the account."""
        return self.profiles.get(account_id, profile_id)

    def create(self, account_id: str, wish: NewProfile, *, now: float) -> Profile:
        """A new profile; :class:`ProfileLimitError` for one too many, however many ask at once."""
        profile = Profile(profile_id=self.new_id(), created_at=now, **wish.model_dump())
        for _ in range(_ATTEMPTS):
            known = self.profiles.of_account(account_id)
            if len(known.profiles) >= MAX_PROFILES:
                raise ProfileLimitError(
                    f"an account has at most {MAX_PROFILES} profiles; delete one first",
                    details=[Detail("profiles", f"already {len(known.profiles)}")],
                )
            try:
                self.profiles.add(account_id, profile, revision=known.revision)
            except VersionConflictError:
                continue
            return profile
        raise VersionConflictError("the account's profiles are being changed; try again")

    def change(self, account_id: str, profile_id: str, wish: ProfileChange) -> Profile:
        """The profile with what ``wish`` names changed."""
        return self.profiles.change(account_id, profile_id, wish.changes())

    def delete(self, account_id: str, profile_id: str, *, now: float) -> None:
        """Removes the profile and all it did. Interrupted, it is finished by asking again.

        The profile goes after its history: while there is any left, there is a profile to
        ask for. The second pass takes what a consumer was writing during the first.
        """
        self.profiles.get(account_id, profile_id)
        self.viewing.forget(profile_id, now=now)
        self.profiles.remove(account_id, profile_id)
        self.viewing.forget(profile_id, now=now)

    def export(self, account_id: str, profile_id: str, *, now: float) -> ProfileExport:
        """Everything that is stored of the profile."""
        profile = self.profiles.get(account_id, profile_id)
        history = self.viewing.history(profile_id)
        return ProfileExport(
            exported_at=now,
            profile=profile,
            viewing=[WatchedTitle(**asdict(history[title_id])) for title_id in sorted(history)],
        )
