"""Exceptions to the rule packs: on one resource, by the finding's own id, with the reason."""

from __future__ import annotations

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, reason: str, *ids: str) -> None:
    """Accept the findings ``ids`` on this construct, and on nothing else, for ``reason``."""
    Validations.of(construct).acknowledge(
        *(Acknowledgment(id=finding, reason=reason) for finding in ids)
    )
