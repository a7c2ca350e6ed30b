import json

from adapters.lake_rewriter import DuckdbRewriter
from handlers import lake_upkeep
from tests.unit.lake.conftest import _clients, lake  # noqa: F401 - fixtures
from tests.unit.lake.records import NOW, a_record


class Context:
    def __init__(self, left_ms):
        self.left_ms = left_ms

    def get_remaining_time_in_millis(self):
        return self.left_ms


def test_a_run_says_what_it_did_and_how_far_behind_it_is(lake, monkeypatch, capsys):  # noqa: F811
    from adapters.observability import count

    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Marquee/test")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "lake-upkeep")
    lake.land("a", [a_record("play", title_id="t1")])
    upkeep = lake.upkeep(count=count, rewrite=DuckdbRewriter(lake.files, 256))
    monkeypatch.setattr(lake_upkeep, "service", lambda: upkeep)
    monkeypatch.setattr(lake_upkeep.time, "time", lambda: NOW + 2 * 3600)
    assert lake_upkeep.handler({}, Context(100_000))["behind"] == ["2026-11-23T19"]
    assert lake_upkeep.handler({}, Context(900_000))["rewritten"] == ["2026-11-23T19"]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    behind = [line["LakeHoursBehind"] for line in lines if "LakeHoursBehind" in line]
    assert behind == [[1.0], [0.0]]
