"""Who asks: the account of the token, the profile it speaks for, the moment, the country."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Asker:
    """``now`` is Unix seconds; ``country`` is where the request comes from, if known."""

    account_id: str
    profile_id: str
    now: float
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks: an account, perhaps as one of its profiles, when and from where."""

    account_id: str
    profile_id: str | None
    now: float
    country: str | None = None
