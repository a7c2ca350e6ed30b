"""Who asks: the account of the token, the profile it speaks for, the moment, the country."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.envelope import Envelope, sealed
from schemas.events import ViewerEvent
from schemas.profiles import Profile


@dataclass(frozen=True, slots=True)
class Asker:
    """``now`` is Unix seconds; ``country`` is where the request comes from, if known."""

    account_id: str
    profile_id: str
    now: float
    country: str | None = None

    def sealed(
        self, event: ViewerEvent, profile: Profile, *, sent_at: float | None = None
    ) -> Envelope:
        """The record of what ``profile``, for which it asks, did."""
        viewer = profile.viewer(self.country)
        return sealed(
            event,
            account_id=self.account_id,
            profile_id=self.profile_id,
            received_at=self.now,
            sent_at=sent_at,
            country=viewer.country,
            maturity_ceiling=viewer.maturity_ceiling,
        )


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks: an account, perhaps as one of its profiles, when and from where."""

    account_id: str
    profile_id: str | None
    now: float
    country: str | None = None
