"""A training job's folders and hyperparameters, as SageMaker lays them out."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

from recommender.exemplars import PoolConfig


class SettingsError(ValueError):
    """The job can't start with what it was given; the message names what."""


@dataclass(frozen=True)
class Hyperparameters:
    """``now``: Unix seconds, ``None`` for the time of the newest interaction."""

    version: str = "unversioned"
    now: float | None = None
    holdout_share: float = 0.2
    exemplars: int = PoolConfig().size

    @classmethod
    def read(cls, path: Path) -> Hyperparameters:
        """The hyperparameters in ``path``, a JSON object of texts; all have defaults."""
        if not path.exists():
            return cls()
        try:
            given = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise SettingsError(f"{path}: not JSON: {error}") from error
        if not isinstance(given, dict):
            raise SettingsError(f"{path}: must hold one JSON object")
        known = set(cls.__dataclass_fields__)
        # SageMaker adds its own (sagemaker_program and the like): those pass.
        unknown = sorted(n for n in given if n not in known and not n.startswith("sagemaker_"))
        if unknown:
            names = ", ".join(sorted(known))
            raise SettingsError(f"hyperparameter {unknown[0]!r} is none of {names}")
        default = cls()
        now = _number(given, "now", 0, math.inf) if given.get("now") else None
        return cls(
            version=str(given.get("version") or default.version),
            now=now,
            holdout_share=_number(given, "holdout_share", 0.01, 0.9, default.holdout_share),
            exemplars=int(_number(given, "exemplars", 1, 1_000_000, default.exemplars)),
        )


@dataclass(frozen=True)
class Folders:
    """Where a job reads and writes, below ``root`` (``/opt/ml`` in SageMaker)."""

    root: Path

    @property
    def titles(self) -> Path:
        """The channel of titles files."""
        return self.root / "input" / "data" / "titles"

    @property
    def interactions(self) -> Path:
        """The channel of interactions files."""
        return self.root / "input" / "data" / "interactions"

    @property
    def hyperparameters(self) -> Path:
        """The hyperparameters file."""
        return self.root / "input" / "config" / "hyperparameters.json"

    @property
    def model(self) -> Path:
        """What is written here becomes model.tar.gz."""
        return self.root / "model"

    @property
    def failure(self) -> Path:
        """Why the job failed: SageMaker shows the first 1,024 characters."""
        return self.root / "output" / "failure"


def _number(
    given: dict[str, object], name: str, least: float, most: float, default: float = 0.0
) -> float:
    text = given.get(name, default)
    try:
        number = float(str(text))
    except ValueError as error:
        raise SettingsError(f"hyperparameter {name!r}: {text!r} is not a number") from error
    if not least <= number <= most:
        raise SettingsError(f"hyperparameter {name!r}: {text!r} is not {least:g} to {most:g}")
    return number
