"""Answers that were given before, so that a run that was stopped goes on where it was.

One file holds one model's answers in one situation. Its name comes from all they depend on:
the situation's digest, the model's settings and the code it is made of. Figures are computed
from the answers anew each time, so a change of a metric needs no new run.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.quality.contenders import Contender, Settings
from benchmarks.quality.situation import Situation
from benchmarks.quality.trial import Answers

_LISTS = "lists "


class Cache:
    """A folder of answers; without a folder nothing is kept."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    def answers(
        self,
        contender: Contender,
        settings: Settings,
        situation: Situation,
        *,
        timed: bool,
        give: Callable[[], Answers],
    ) -> Answers:
        """What is kept, or what ``give`` gives, which is kept from now on."""
        path = self._path(contender, settings, situation, timed)
        found = self._read(path)
        if found is None:
            found = give()
            if path is not None:
                note = {"settings": dict(settings), "seed": situation.seed, "timed": timed}
                _write(path, found, note)
        return found

    def find(
        self, contender: Contender, settings: Settings, situation: Situation, *, timed: bool
    ) -> Answers | None:
        """What is kept, None where nothing is."""
        return self._read(self._path(contender, settings, situation, timed))

    def _path(
        self, contender: Contender, settings: Settings, situation: Situation, timed: bool
    ) -> Path | None:
        if self._folder is None:
            return None
        of = json.dumps(
            [contender.name, contender.code(), sorted(settings.items()), situation.digest, timed]
        )
        name = hashlib.sha256(of.encode()).hexdigest()[:24]
        return self._folder / situation.letter / contender.name / f"{name}.npz"

    def _read(self, path: Path | None) -> Answers | None:
        if path is None or not path.exists():
            return None
        with np.load(path, allow_pickle=False) as kept:
            lists = {
                name.removeprefix(_LISTS): kept[name].astype(np.int64)
                for name in kept.files
                if name.startswith(_LISTS)
            }
            return Answers(
                lists, float(kept["fit"]), kept["latencies"], int(kept["artifact_bytes"])
            )


def _write(path: Path, answers: Answers, note: dict[str, Any]) -> None:
    """Whole or not at all: two runs may share a folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {_LISTS + label: lists.astype(np.int32) for label, lists in answers.lists.items()}
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as part:
        np.savez_compressed(
            part,
            fit=np.float64(answers.fit_seconds),
            latencies=answers.latencies,
            artifact_bytes=np.int64(answers.artifact_bytes),
            note=np.array(json.dumps(note)),
            **arrays,  # type: ignore[arg-type]
        )
    os.replace(part.name, path)
