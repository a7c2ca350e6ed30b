"""The demo's films: chosen from whatever catalogue there is, deliverable as they are."""

from __future__ import annotations

from adapters.media.tools import SandboxedTools
from local import demo_titles
from recommender.catalogue import Title
from scripts.operators.delivery import deliveries
from services.mezzanine_rules import reasons_against


def title(title_id: str, *genres: str, **fields) -> Title:
    return Title(title_id=title_id, name=title_id, genres=genres, **{"maturity": 12, **fields})


def test_one_title_of_each_look_that_everybody_may_see():
    chosen = demo_titles.choose(
        [
            title("a", "Drama"),
            title("b", "Crime", countries=("DE",)),
            title("c", "Crime", maturity=None),
            title("d", "Crime"),
            title("e", "Crime"),
            title("f", "Sci-Fi", available_until=1.0),
            title("g", "Animation", "Crime"),
        ]
    )
    assert [each.title_id for each in chosen] == ["d", "g"]


def test_a_film_is_one_that_the_workflow_takes(tmp_path, monkeypatch):
    monkeypatch.setattr(demo_titles, "SECONDS", 6)
    folder = demo_titles.make(title("mq-1", "Crime"), tmp_path)
    (delivery,) = deliveries(folder)
    path = delivery.mezzanine
    mezzanine = SandboxedTools().inspect(f"file:{path}", path.stat().st_size)
    assert reasons_against(delivery.document, mezzanine) == []


def test_a_film_that_is_there_is_not_made_again(tmp_path, monkeypatch):
    monkeypatch.setattr(demo_titles, "SECONDS", 6)
    made = (demo_titles.make(title("mq-1", "Crime"), tmp_path) / "film.mov").stat().st_mtime_ns
    again = (demo_titles.make(title("mq-1", "Crime"), tmp_path) / "film.mov").stat().st_mtime_ns
    assert again == made
