from handlers import quality_widget
from services.quality import quality_window
from tests.unit.handlers.conftest import Context
from tests.unit.services.fakes import NOW


class Store:
    def rows(self, window):
        row = {"attempts": 1200.0, "failures": 12.0, "startup_69": 1200.0, "playing_ms": 1e6}
        return {"<b>#0": row} if window == quality_window("title", NOW) else {}


def test_the_table_says_how_playback_goes_and_runs_nobodys_html(monkeypatch):
    monkeypatch.setattr(quality_widget, "store", Store)
    monkeypatch.setattr(quality_widget.time, "time", lambda: NOW)
    html = quality_widget.handler({}, Context())
    assert "<td>&lt;b&gt;</td><td>1,200</td>" in html
    assert "<td>0.00%</td><td>1.00%</td>" in html
    assert html.count("<table>") == 3


def test_the_widget_describes_itself():
    assert "quality of experience" in quality_widget.handler({"describe": True}, Context())
