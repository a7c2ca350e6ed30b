"""What can go wrong when the platform runs on one machine."""

from __future__ import annotations

from scripts.operators.errors import OperatorError


class LocalError(OperatorError):
    """The local platform could not start or go on; says the next step."""
