"""The table as a picture: nDCG@10 with its intervals, one panel for each scenario."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from benchmarks.quality.contenders import OURS
from benchmarks.quality.report import title
from benchmarks.quality.summary import Result

OURS_COLOUR, PEER_COLOUR = "#c2410c", "#94a3b8"
ACROSS = 3  # panels beside each other


def draw(path: Path, results: Sequence[Result]) -> None:
    """Write a PNG with a horizontal bar for each model, the best on top."""
    most = max(len(result.rows) for result in results)
    across = min(ACROSS, len(results))
    down = -(-len(results) // across)
    size = (4.6 * across, down * (1.0 + 0.2 * most))
    figure = Figure(figsize=size, layout="constrained")
    panels = figure.subplots(down, across, squeeze=False).ravel()
    for panel in panels[len(results) :]:
        panel.set_axis_off()
    for panel, result in zip(panels, results, strict=False):
        rows = list(reversed(result.rows))
        values = [row.figures["ndcg@10"] for row in rows]
        low = [max(0.0, value - row.interval[0]) for value, row in zip(values, rows, strict=True)]
        high = [max(0.0, row.interval[1] - value) for value, row in zip(values, rows, strict=True)]
        panel.barh(
            [row.model for row in rows],
            values,
            xerr=[low, high],
            color=[OURS_COLOUR if row.model == OURS else PEER_COLOUR for row in rows],
            error_kw={"elinewidth": 0.8, "capsize": 2},
        )
        panel.set_title(title(result), fontsize=8, wrap=True)
        panel.set_xlabel("nDCG@10, 95% interval over viewers", fontsize=8)
        panel.tick_params(labelsize=7)
        panel.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=140)
