import json

from adapters import observability


def test_a_journal_entry_is_one_line_of_json_with_its_fields(capsys, monkeypatch):
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "test")
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "INFO")
    observability.logger.cache_clear()
    try:
        observability.journal(
            "recommendations_served", title_ids=["a", "b"], propensities=[1.0, 0.5]
        )
    finally:
        observability.logger.cache_clear()
    (line,) = capsys.readouterr().out.splitlines()
    entry = json.loads(line)
    assert (entry["level"], entry["message"]) == ("INFO", "recommendations_served")
    assert (entry["title_ids"], entry["propensities"]) == (["a", "b"], [1.0, 0.5])
