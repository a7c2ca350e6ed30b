"""How the API knows CloudFront: by a word in a header, which a secret holds by generation."""

from __future__ import annotations

# CloudFront puts its own header in the place of one of this name that a viewer sends.
EDGE_HEADER = "x-marquee-edge"


def word_name(generation: int | str) -> str:
    """The word's name in the secret. CloudFormation's reference to it changes with each turn."""
    return f"generation{generation}"
