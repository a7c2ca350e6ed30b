"""The benchmark's commands run; how fast is theirs to say."""

import logging

import pytest
from typer.testing import CliRunner

from benchmarks.events import app
from benchmarks.plane import costs, speed
from benchmarks.plane.costs import Workload


@pytest.fixture(autouse=True)
def logs_as_before():
    """The commands silence the logs of their process, which here is other tests' as well."""
    before = logging.root.manager.disable
    yield
    logging.disable(before)


@pytest.mark.parametrize("command", ["own-code", "cost"])
def test_a_command_ends_with_its_table(command):
    result = CliRunner().invoke(app, [command, "--batches", "2"], env={"COLUMNS": "120"})
    assert result.exit_code == 0, result.output
    assert "ingest" in result.output


def test_what_is_measured_is_done():
    done = []
    found = speed.consumer(2, lambda: done.append(1))
    assert (found.events, len(done)) == (2 * speed.BATCH, 4)
    assert found.seconds > 0


def test_a_history_is_read_whole():
    found = speed.history(100)
    assert found.titles == 100
    assert 100 * 100 < found.bytes < 100 * 1024


def test_a_windows_event_is_its_marker_and_its_share_of_the_rows():
    assert speed.window_writes(100, ["play"], batches=2) > speed.window_writes(100, ["click"]) == 0
    assert 1 < speed.window_writes(100, ["playback_quality"], batches=2) < 2.5


def test_firehose_counts_small_records_as_five_kilobytes():
    small, large = (costs.costs(Workload(record_bytes=size))["lake"] for size in (300, 5000))
    assert small["Firehose"] == large["Firehose"]
    assert small["Firehose"] == pytest.approx(0.029 * 5 * 1024e6 / 2**30)


def test_grouping_events_of_one_item_saves_its_reads_and_writes():
    alone = costs.costs(Workload(events_per_item=1))["profiles"]
    grouped = costs.costs(Workload(events_per_item=4))["profiles"]
    assert grouped["writing states"] == pytest.approx(alone["writing states"] / 4)
    assert grouped["Kinesis out, fan-out"] == alone["Kinesis out, fan-out"]
