"""Lay out what a training job runs: ``__main__.py``, ``training/`` and ``recommender/``.

Standard library only, so that synthesis can call it without numpy.
"""

from __future__ import annotations

import shutil
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_RECOMMENDER = _HERE.parent / "lambda_src" / "recommender"


def stage(directory: Path) -> None:
    """Fill ``directory`` with the job's code, leaving nothing else in it.

    Only ``.py`` files, no caches: equal sources give an equal tree. A zip of it runs as
    ``python3 code.zip``.
    """
    if directory.exists():
        shutil.rmtree(directory)
    for source, name in ((_HERE, "training"), (_RECOMMENDER, "recommender")):
        for file in sorted(source.rglob("*.py")):
            target = directory / name / file.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    (directory / "__main__.py").write_bytes((_HERE / "__main__.py").read_bytes())
