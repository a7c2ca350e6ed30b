"""A model as one file of bytes."""

from __future__ import annotations

from recommender.model import Model


def to_bytes(model: Model) -> bytes:
    """The model as an npz file; equal models give equal bytes."""
    raise NotImplementedError


def from_bytes(data: bytes, sha256: str | None = None) -> Model:
    """The model in ``data``; :class:`DamagedArtifactError` says why where there is none.

    ``sha256`` is the digest of the whole of ``data`` in hexadecimal, checked when given.
    """
    raise NotImplementedError
