import pytest
from pydantic import ValidationError

from adapters.settings import EventsSettings, ModelSettings, RecommendationsSettings, load
from schemas.errors import SettingsError


def test_a_setting_is_its_variable_in_upper_case(monkeypatch):
    monkeypatch.setenv("PROFILES_TABLE", "profiles-1")
    monkeypatch.setenv("EVENT_STREAM", "events-1")
    settings = load(EventsSettings)
    assert (settings.profiles_table, settings.event_stream) == ("profiles-1", "events-1")


@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_variable_is_named(monkeypatch, value):
    monkeypatch.setenv("PROFILES_TABLE", "profiles-1")
    monkeypatch.delenv("EVENT_STREAM", raising=False)
    if value is not None:
        monkeypatch.setenv("EVENT_STREAM", value)
    with pytest.raises(SettingsError, match="EVENT_STREAM") as error:
        load(EventsSettings)
    assert "PROFILES_TABLE" not in str(error.value)


def test_a_variable_that_is_no_number_is_named(monkeypatch):
    monkeypatch.setenv("MODEL_BUCKET", "models")
    monkeypatch.setenv("GATE_TOLERANCE", "a little")
    with pytest.raises(SettingsError, match="GATE_TOLERANCE"):
        load(ModelSettings)


def test_settings_are_read_once_and_frozen(monkeypatch):
    monkeypatch.setenv("MODEL_BUCKET", "models")
    settings = load(ModelSettings)
    monkeypatch.setenv("MODEL_BUCKET", "others")
    assert load(ModelSettings) is settings
    with pytest.raises(ValidationError):
        settings.model_bucket = "others"


def test_all_missing_variables_are_named_at_once(monkeypatch):
    for name in ("PROFILES_TABLE", "VIEWING_TABLE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SettingsError, match=r"PROFILES_TABLE.*VIEWING_TABLE"):
        load(RecommendationsSettings)
