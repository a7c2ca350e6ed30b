"""Figures over viewers and splits, and what of a lead is more than luck."""

import numpy as np
import pytest

from benchmarks.quality.metrics import Quality
from benchmarks.quality.report import markdown
from benchmarks.quality.summary import Result, by_viewer, lead, row
from benchmarks.quality.trial import Answers, Trial


def trial(values, viewers=None):
    values = np.array(values, dtype=float)
    viewers = np.arange(len(values)) if viewers is None else np.array(viewers)
    quality = Quality(viewers, values, values, values, values, 0.5, 0.1, 0.8)
    return Trial({"only": quality}, Answers({}, 2.0, np.array([1.0, 3.0]), 1_000_000))


def found(**trials):
    rows = [row(name, [one], ("only",), [{"k": 5}], 3) for name, one in trials.items()]
    return rows, {name: [one] for name, one in trials.items()}


def test_a_viewer_of_two_splits_counts_once():
    trials = [trial([0.2, 0.4]), trial([0.6], viewers=[1])]
    assert by_viewer(trials, ("only",)) == pytest.approx({0: 0.2, 1: 0.5})


def test_a_lead_is_over_the_best_peer_and_not_over_chance():
    values = np.linspace(0.2, 0.4, 100)
    rows, trials = found(
        ours=trial(values * 1.1),
        good=trial(values),
        poor=trial(values / 2),
        chance=trial(values * 9),
    )
    found_lead = lead(rows, trials, ("only",))
    assert found_lead.peer == "good"
    assert found_lead.share == pytest.approx(0.1)
    assert found_lead.share_interval == pytest.approx((0.1, 0.1))


def test_noise_is_no_lead():
    rng = np.random.default_rng(0)
    rows, trials = found(ours=trial(rng.random(50)), good=trial(rng.random(50)))
    low, high = lead(rows, trials, ("only",)).difference_interval
    assert low < 0 < high


def test_without_ours_or_a_peer_nobody_leads():
    for name in ("ours", "good"):
        assert lead(*found(**{name: trial([0.5])}), ("only",)) is None


def test_the_report_says_who_leads_what_was_chosen_and_who_is_missing():
    rows, trials = found(ours=trial([0.5, 0.6]), good=trial([0.4, 0.5]))
    result = Result(
        scenario="random",
        letter="a",
        splits=1,
        viewers=2,
        primary=("only",),
        rows=rows,
        absent=["blind"],
        lead=lead(rows, trials, ("only",)),
        unmeasured=["slow"],
    )
    text = markdown("films", "python -m benchmarks.recommender films", [result])
    assert "## (a) random: 2 viewers" in text
    assert "ours against good, the best peer: nDCG@10 +0.1000, +22.2%" in text
    assert "Not measured: slow." in text
    assert "- good: k 5 (3)" in text
    assert "| **ours** | **0.5500** |" in text
    assert "| blind | – |" in text
