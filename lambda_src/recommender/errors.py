"""What can go wrong in the recommender, as one tree.

::

    RecommenderError
    ├── DamagedArtifactError    bytes that are no artifact this code can serve from (ValueError)
    ├── UnknownTitleError       a title id the model has never heard of (KeyError)
    ├── ExchangeFormatError     a titles or interactions file that breaks its format (ValueError)
    └── NothingToTrainError     no title, or no interaction with a known title (ValueError)
"""

from __future__ import annotations


class RecommenderError(Exception):
    """Anything this package raises on purpose."""


class DamagedArtifactError(RecommenderError, ValueError):
    """The artifact can't be served from; the message says why."""


class UnknownTitleError(RecommenderError, KeyError):
    """The model has no such title."""

    def __init__(self, title_id: str) -> None:
        super().__init__(title_id)
        self.title_id = title_id

    def __str__(self) -> str:
        return f"unknown title {self.title_id!r}"


class ExchangeFormatError(RecommenderError, ValueError):
    """A file breaks its format: ``file``, ``line`` (from 1) and, where there is one, ``field``."""

    def __init__(self, file: str, line: int, message: str, *, field: str | None = None) -> None:
        where = f"{file}, line {line}" + (f", field {field!r}" if field else "")
        super().__init__(f"{where}: {message}")
        self.file = file
        self.line = line
        self.field = field


class NothingToTrainError(RecommenderError, ValueError):
    """There is no title or no interaction to learn from."""
