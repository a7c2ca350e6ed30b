"""What a model says of its own making."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

Metrics = Mapping[str, float | int | str]


@dataclass(frozen=True, kw_only=True)
class Papers:
    """``trained_from`` to ``trained_to``: the times of the first and last thing learned from.

    Both in Unix seconds, ``None`` where unknown. ``metrics`` are those of the evaluation on a
    held-out slice, by name.
    """

    trained_from: float | None = None
    trained_to: float | None = None
    metrics: Metrics = field(default_factory=dict)

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Self:
        """The papers as a header holds them; what a later publisher adds is left alone."""
        known = {name: fields[name] for name in cls.__dataclass_fields__ if name in fields}
        return cls(**known)


NO_PAPERS = Papers()
