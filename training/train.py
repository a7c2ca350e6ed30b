"""The training job: read the channels, evaluate on a held-out slice, refit on all, write.

Speaks SageMaker's container contract (see :class:`training.settings.Folders`), so the same
file runs in a training job, in a subprocess on a laptop and in a test.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from recommender.artifact import from_bytes, to_bytes
from recommender.errors import RecommenderError
from recommender.exemplars import PoolConfig
from recommender.model import Model
from recommender.papers import Papers
from recommender.training import TrainingConfig, fit
from training.data import TrainingData, read
from training.evaluate import Evaluation, evaluate
from training.settings import Folders, Hyperparameters, SettingsError

Report = dict[str, float | int | str]
_SHOWN = 1_024  # characters of a failure that SageMaker shows


def main(arguments: Sequence[str]) -> int:
    """Run the job below ``--root``; 0, or 1 with the reason in ``output/failure``."""
    parser = argparse.ArgumentParser(prog="training", description="Train a recommender.")
    parser.add_argument("--root", type=Path, default=Path("/opt/ml"))
    # SageMaker's default container command is "train".
    parser.add_argument("command", nargs="?", choices=("train",), default="train")
    folders = Folders(parser.parse_args(arguments).root)
    try:
        run(folders)
    except (RecommenderError, SettingsError, OSError) as error:
        reason = f"{type(error).__name__}: {error}"
        folders.failure.parent.mkdir(parents=True, exist_ok=True)
        folders.failure.write_text(reason[:_SHOWN], encoding="utf-8")
        print(reason, file=sys.stderr)
        return 1
    return 0


def run(folders: Folders) -> Report:
    """Train from ``folders``; writes ``model.bin`` and ``metrics.json``, returns the latter."""
    settings = Hyperparameters.read(folders.hyperparameters)
    data = read(folders.titles, folders.interactions)
    # Ages count from the newest interaction: a clock that runs ahead of the data, as when an
    # old data set is imported, would only make everything equally old.
    now = min(settings.now or data.newest, data.newest)
    print(f"read {len(data.titles)} titles and {data.interactions} interactions", flush=True)
    pool = replace(PoolConfig(), size=settings.exemplars)
    config = TrainingConfig(tuning_share=settings.holdout_share, pool=pool)
    evaluation = evaluate(data, settings.holdout_share, config)
    print(f"evaluated on {evaluation.hybrid.cases} viewers", flush=True)
    model = fit(data.titles, data.histories, version=settings.version, now=now, config=config)
    report = _report(settings, data, evaluation, model)
    papers = Papers(trained_from=data.oldest, trained_to=data.newest, metrics=report)
    artifact = to_bytes(model.with_papers(papers))
    from_bytes(artifact)  # what can't be loaded must not leave the job
    report = {**report, "bytes": len(artifact)}
    _write(folders, artifact, report)
    for name, value in report.items():
        print(f"metric {name}={value}", flush=True)
    return report


def _report(
    settings: Hyperparameters,
    data: TrainingData,
    evaluation: Evaluation,
    model: Model,
) -> Report:
    hybrid = evaluation.hybrid
    return {
        "version": settings.version,
        "ndcg_at_10": round(hybrid.ndcg, 5),
        "recall_at_10": round(hybrid.recall, 5),
        "coverage": round(hybrid.coverage, 5),
        **{f"{name}_ndcg_at_10": round(m.ndcg, 5) for name, m in evaluation.alone.items()},
        "evaluated_viewers": hybrid.cases,
        "viewers": len(data.histories),
        "titles": len(data.titles),
        "interactions": data.interactions,
        "exemplars": model.scorers.collaborative.habits.height,
    }


def _write(folders: Folders, artifact: bytes, report: Report) -> None:
    folders.model.mkdir(parents=True, exist_ok=True)
    text = json.dumps(report, indent=2, sort_keys=True) + "\n"
    _replace(folders.model / "model.bin", artifact)
    _replace(folders.model / "metrics.json", text.encode())


def _replace(path: Path, content: bytes) -> None:
    """Puts ``content`` in the place of the file at once: whoever looks finds a whole one."""
    unfinished = path.with_name(f".{path.name}.part")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
