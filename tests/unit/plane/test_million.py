"""The small version of ``python -m benchmarks.survival``."""

import pytest

from benchmarks.plane import million
from benchmarks.plane.million import survive


@pytest.mark.parametrize("path", million.PATHS)
@pytest.mark.parametrize("seed", [1, 2])
def test_every_event_is_there_once_though_the_consumer_is_killed(path, seed):
    result = survive(6_000, seed=seed, path=path)
    assert result.kills > 0
    assert all(result.faults.values())
    assert (result.found, result.wrong) == (6_000, 0)
    assert result.whole


@pytest.mark.parametrize("path", million.PATHS)
def test_a_lost_event_is_noticed(monkeypatch, path):
    monkeypatch.setattr("services.profile_updates.PATIENCE_SECONDS", float("inf"))
    monkeypatch.setattr(million, "ODDS", {})
    merged = million.Mapping.deliver
    monkeypatch.setattr(million.Mapping, "deliver", lambda self, batch: merged(self, batch[1:]))
    result = survive(2_000, seed=1, repeats=0.0, path=path)
    assert not result.whole
    assert result.found == 2_000 - 4
