"""From trials to figures: means over seeds and stages, and what is more than luck."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from benchmarks.quality.contenders import OURS, Settings
from benchmarks.quality.data import Floats
from benchmarks.quality.trial import Trial

RESAMPLES = 4000
BASELINES = ("chance",)


@dataclass(frozen=True)
class Row:
    """One model in one scenario. ``figures`` are the table's columns, ``stages`` nDCG@10 by
    stage, ``interval`` the 95% interval of nDCG@10, ``settings`` those chosen at each seed
    out of ``tried``."""

    model: str
    figures: Mapping[str, float]
    stages: Mapping[str, float]
    interval: tuple[float, float]
    settings: Sequence[Settings] = field(default_factory=list)
    tried: int = 1


@dataclass(frozen=True)
class Lead:
    """By how much ours is ahead of the best peer: in nDCG@10, as a share of the peer's, and
    the 95% intervals of both by a paired bootstrap over viewers."""

    peer: str
    difference: float
    difference_interval: tuple[float, float]
    share: float
    share_interval: tuple[float, float]


@dataclass(frozen=True)
class Result:
    """One scenario: ``rows`` best first, models that cannot take part in ``absent``, those that
    could but whose answers are not all kept in ``unmeasured``.

    ``viewers`` are those asked for in any of the ``splits``, in the ``primary`` stages.
    """

    scenario: str
    letter: str
    splits: int
    viewers: int
    primary: tuple[str, ...]
    rows: Sequence[Row]
    absent: Sequence[str]
    lead: Lead | None
    unmeasured: Sequence[str] = ()

    def as_json(self) -> dict[str, Any]:
        """All of it as plain values."""
        return asdict(self)


def row(
    model: str,
    trials: Sequence[Trial],
    primary: Sequence[str],
    settings: Sequence[Settings],
    tried: int,
) -> Row:
    """The means of ``trials``, one for each seed, over the ``primary`` stages."""
    means = [trial.qualities[label].means() for trial in trials for label in primary]
    figures = {name: float(np.mean([found[name] for found in means])) for name in means[0]}
    taken = np.concatenate([trial.answers.latencies for trial in trials])
    figures["fit s"] = float(np.mean([trial.answers.fit_seconds for trial in trials]))
    figures["p50 ms"] = float(np.quantile(taken, 0.5))
    figures["p99 ms"] = float(np.quantile(taken, 0.99))
    figures["bytes"] = float(np.mean([trial.answers.artifact_bytes for trial in trials]))
    stages = {
        label: float(np.mean([trial.qualities[label].means()["ndcg@10"] for trial in trials]))
        for label in trials[0].qualities
    }
    values = np.array(list(by_viewer(trials, primary).values()))
    return Row(model, figures, stages, bootstrap(values[:, None])[0], settings, tried)


def by_viewer(trials: Sequence[Trial], primary: Sequence[str]) -> dict[int, float]:
    """Each viewer's mean nDCG@10 over stages and seeds: viewers are what varies, not rows."""
    found: dict[int, list[float]] = {}
    for trial in trials:
        for label in primary:
            quality = trial.qualities[label]
            for viewer, value in zip(quality.viewers.tolist(), quality.ndcg, strict=True):
                found.setdefault(viewer, []).append(float(value))
    return {viewer: float(np.mean(values)) for viewer, values in sorted(found.items())}


def lead(
    rows: Sequence[Row], trials: Mapping[str, Sequence[Trial]], primary: Sequence[str]
) -> Lead | None:
    """Ours against the best of the others; None without both."""
    peers = [found for found in rows if found.model not in (OURS, *BASELINES)]
    if OURS not in trials or not peers:
        return None
    best = max(peers, key=lambda found: found.figures["ndcg@10"]).model
    ours, theirs = by_viewer(trials[OURS], primary), by_viewer(trials[best], primary)
    values = np.array([(ours[viewer], theirs[viewer]) for viewer in ours])
    both = values.mean(axis=0)
    resampled = _resampled(values)
    difference = resampled[:, 0] - resampled[:, 1]
    share = difference / np.maximum(resampled[:, 1], 1e-12)
    return Lead(
        peer=best,
        difference=float(both[0] - both[1]),
        difference_interval=_interval(difference),
        share=float((both[0] - both[1]) / max(both[1], 1e-12)),
        share_interval=_interval(share),
    )


def bootstrap(values: Floats) -> list[tuple[float, float]]:
    """The 95% interval of the mean of each column of ``values`` [viewers, columns]."""
    means = _resampled(values)
    return [_interval(means[:, column]) for column in range(values.shape[1])]


def _resampled(values: Floats) -> Floats:
    rng = np.random.default_rng(0)
    weights = rng.multinomial(len(values), np.full(len(values), 1 / len(values)), RESAMPLES)
    return np.asarray(weights @ values / len(values), np.float64)


def _interval(values: Floats) -> tuple[float, float]:
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)
