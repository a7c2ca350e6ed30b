"""Quality windows: once each, the same from every shard, and within the sketch's accuracy."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.quality import qualities, quality_window
from services.sketch import ACCURACY, BUCKETS, LARGEST, SMALLEST, bucket_of, quantile
from services.trending import failing_window, hour_window, trending_now
from tests.unit.services.fakes import NOW, FakeDistribution, FakeTrending
from tests.unit.services.test_trending_updates import FakeCounts, an_envelope, apply


class Rows:
    """The reading side of what was counted."""

    def __init__(self, counts):
        self.counts = counts

    def rows(self, window):
        return {name: row for (of, name), row in self.counts.rows.items() if of == window}


def a_report(number=1, **fields):
    fields = {"country": "DE", "network": "wifi", "playing_ms": 60_000} | fields
    return an_envelope(number, type="playback_quality", session_id="session-1", **fields)


def test_a_report_counts_by_title_country_and_network():
    counts = FakeCounts()
    apply([a_report(1, startup_ms=900, rebuffer_ms=20_000).to_json()], counts)
    for dimension, name in (("title", "t1"), ("country", "DE"), ("network", "wifi")):
        (found,) = qualities(Rows(counts), dimension, now=NOW)
        assert (found.name, found.attempts) == (name, 1)
        assert found.startup_p50_ms == pytest.approx(900, rel=ACCURACY)
        assert found.rebuffer_ratio == 0.25
        assert found.failure_share == 0.0


def test_what_is_not_known_has_a_row_of_its_own():
    counts = FakeCounts()
    apply([a_report(1, country=None, network=None, startup_ms=900).to_json()], counts)
    assert [q.name for q in qualities(Rows(counts), "country", now=NOW)] == ["??"]
    assert [q.name for q in qualities(Rows(counts), "network", now=NOW)] == ["unknown"]


def test_a_playback_that_never_began_is_an_attempt_that_failed():
    counts = FakeCounts()
    reports = [a_report(1, startup_ms=900), a_report(2), a_report(3, failed=True, playing_ms=0)]
    apply([report.to_json() for report in reports], counts)
    (found,) = qualities(Rows(counts), "title", now=NOW)
    assert (found.attempts, found.failure_share) == (2, 0.5)


def test_a_report_of_nothing_leaves_nothing():
    counts = FakeCounts()
    assert apply([a_report(1, playing_ms=0).to_json()], counts) == []
    assert counts.rows == {}


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(10, 120_000), min_size=1, max_size=60), st.randoms())
def test_shards_repeats_and_orders_come_to_the_same(startups, rng: random.Random):
    payloads = [a_report(n, startup_ms=ms).to_json() for n, ms in enumerate(startups)]
    whole, parted = FakeCounts(), FakeCounts()
    apply(payloads, whole)
    again = [*payloads, *rng.choices(payloads, k=len(payloads))]
    rng.shuffle(again)
    for shard in range(5):
        apply(again[shard::5], parted, shard=f"shard-{shard}")
    for dimension in ("title", "country", "network"):
        assert qualities(Rows(parted), dimension, now=NOW) == qualities(
            Rows(whole), dimension, now=NOW
        )


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(SMALLEST, LARGEST), min_size=1, max_size=300),
    st.sampled_from([0.0, 0.5, 0.95, 1.0]),
)
def test_a_quantile_is_as_near_as_it_says(values, share):
    counts: dict[int, float] = {}
    for value in values:
        counts[bucket_of(value)] = counts.get(bucket_of(value), 0) + 1
    exact = np.quantile(values, share, method="lower")
    assert quantile(counts, share) == pytest.approx(exact, rel=ACCURACY + 1e-6)


def test_a_sketch_is_bounded_whatever_clients_send():
    buckets = {bucket_of(value) for value in (0, 1, 5.0, 86_400_000, *range(10, 120_000, 7))}
    assert len(buckets) <= BUCKETS < 100


def test_hours_add_up_and_old_ones_are_left_out():
    counts = FakeCounts()
    hour = 3600
    reports = [a_report(n, startup_ms=500, occurred_at=NOW - n * hour) for n in range(4)]
    apply([report.to_json() for report in reports], counts)
    (found,) = qualities(Rows(counts), "country", now=NOW, hours=2)
    assert found.attempts == 2
    assert quality_window("country", NOW - 3 * hour) == ("quality#country#2026-11-23T16")


def test_metrics_have_bounded_dimensions_and_count_once():
    counts, measure = FakeCounts(), FakeDistribution()
    reports = [
        a_report(1, startup_ms=900, rebuffer_ms=50),
        a_report(2, startup_ms=700, country="FR", network="cellular"),
        a_report(3, startup_ms=800, country="NZ", failed=True),
        a_report(4, startup_ms=600, country=None),
    ]
    payloads = [report.to_json() for report in reports]
    for _ in range(2):
        apply(payloads, counts, measure=measure)
    assert measure.seen["StartupMilliseconds", "country", "DE"] == [900.0]
    assert measure.seen["StartupMilliseconds", "country", "other"] == [800.0, 600.0]
    assert measure.seen["StartupMilliseconds", "network", "wifi"] == [900.0, 800.0, 600.0]
    assert sum(measure.seen["PlaybackFailures", "network", "wifi"]) == 1
    assert {name for _, dimension, name in measure.seen if dimension == "country"} == {
        "DE", "FR", "other",
    }  # fmt: skip


def test_a_title_that_fails_to_play_is_no_news():
    hour, failing = hour_window(NOW), failing_window(NOW)
    wanted = {"t1": 30.0, "t2": 300.0}
    windows = {hour: wanted, failing: {"t1": 40.0, "t2": 40.0}}
    assert set(trending_now(FakeTrending(windows), NOW)) == {"t2"}
    assert set(trending_now(FakeTrending({hour: wanted, failing: {"t1": 5.0}}), NOW)) == set(wanted)


def test_failures_reach_the_window_that_trending_reads():
    counts = FakeCounts()
    reports = [a_report(n, profile_id=f"p{n}", failed=True).to_json() for n in range(25)]
    apply(reports, counts)
    assert counts.windows == {(failing_window(NOW), "t1"): 25.0}


def test_a_countrys_own_taste_counts_there():
    here = hour_window(NOW, "#country#DE")
    store = FakeTrending({hour_window(NOW): {"t1": 900.0, "t2": 100.0}, here: {"t2": 100.0}})
    everywhere, in_germany = trending_now(store, NOW), trending_now(store, NOW, country="DE")
    assert in_germany["t2"] > everywhere["t2"]
    assert in_germany["t1"] < everywhere["t1"]
    assert sum(in_germany.values()) == pytest.approx(sum(everywhere.values()))
    assert trending_now(store, NOW, country="FR") == everywhere


def test_a_few_plays_of_a_country_say_little():
    few = FakeTrending(
        {hour_window(NOW): {"t1": 1000.0}, hour_window(NOW, "#ceiling#8"): {"t2": 1.0}}
    )
    scores = trending_now(few, NOW, ceiling=8)
    assert 0 < scores["t2"] < 0.01 * scores["t1"]
    assert trending_now(few, NOW, ceiling=18) == {"t1": 1000.0}
