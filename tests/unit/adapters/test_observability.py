import json
import logging

import pytest
from aws_lambda_powertools.metrics import Metrics

from adapters import observability

SERVICE = "a-service-of-these-tests"


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    """Powertools keeps a service's logger, with its stream, and all dimensions for the process."""
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", SERVICE)
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "INFO")
    _forget()
    yield
    _forget()


def _forget():
    observability.logger.cache_clear()
    observability.metrics.cache_clear()
    logging.Logger.manager.loggerDict.pop(SERVICE, None)
    Metrics._metrics.clear()


def test_a_journal_entry_is_one_line_of_json_with_its_fields(capsys):
    observability.journal("recommendations_served", title_ids=["a", "b"], propensities=[1.0, 0.5])
    (line,) = capsys.readouterr().out.splitlines()
    entry = json.loads(line)
    assert (entry["level"], entry["message"]) == ("INFO", "recommendations_served")
    assert (entry["title_ids"], entry["propensities"]) == (["a", "b"], [1.0, 0.5])


def test_a_spread_is_one_line_of_values_by_its_dimensions(monkeypatch, capsys):
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Marquee/test")
    observability.measure("StartupMilliseconds", [900.0, 700.0], country="DE")
    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert line["StartupMilliseconds"] == [900.0, 700.0]
    (metric,) = line["_aws"]["CloudWatchMetrics"]
    assert metric["Dimensions"] == [["service", "country"]]
    assert (metric["Namespace"], line["country"]) == ("Marquee/test", "DE")


def test_many_values_are_lines_of_a_hundred(monkeypatch, capsys):
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Marquee/test")
    observability.measure("StartupMilliseconds", [1.0] * 250, network="wifi")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [len(line["StartupMilliseconds"]) for line in lines] == [100, 100, 50]
