"""The log of what was shown: one line an answer, enough to judge another ranker by it.

Off-policy evaluation weighs what viewers did with a title by one over its propensity. The
viewers' events carry title ids and times; the profile's hash joins the two.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from schemas.recommendations import RecommendedTitle
from services.ports import Journal

SERVED = "recommendations_served"
Answered = Sequence[tuple[str, Sequence[RecommendedTitle]]]  # row id ("" for no rows), items


def tell_of(
    journal: Journal,
    rows: Answered,
    *,
    profile_id: str,
    surface: str,
    model_version: str | None,
    fallback: str | None,
) -> None:
    """Writes the line; the lists are parallel, ``positions`` from 1 in the item's own row."""
    shown = [(row, n, item) for row, items in rows for n, item in enumerate(items, start=1)]
    journal(
        SERVED,
        profile=hashed(profile_id),
        surface=surface,
        model_version=model_version,
        fallback=fallback,
        title_ids=[item.title_id for _, _, item in shown],
        rows=[row for row, _, _ in shown],
        positions=[position for _, position, _ in shown],
        propensities=[round(item.propensity, 6) for _, _, item in shown],
    )


def hashed(profile_id: str) -> str:
    """A profile in logs: 16 hexadecimal digits of its id's SHA-256."""
    return hashlib.sha256(profile_id.encode()).hexdigest()[:16]
