"""Deliveries on this machine: what is found, what it would cost, what is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from adapters.media import tools
from adapters.media.sandbox import run
from schemas.ladder import shipped_ladder
from scripts.operators.__main__ import app
from scripts.operators.costs import estimate, looked_at
from scripts.operators.delivery import deliveries
from scripts.operators.errors import OperatorError
from tests.unit.packaging.conftest import DOCUMENT
from tests.unit.packaging.films import film


@pytest.fixture
def batch(tmp_path) -> Path:
    """Two titles, each in its folder."""
    content = film(width=640, height=360)
    for title_id in ("mq-1", "mq-2"):
        folder = tmp_path / title_id
        folder.mkdir()
        (folder / "film.mov").write_bytes(content)
        (folder / "title.json").write_text(json.dumps({**DOCUMENT, "title_id": title_id}))
    return tmp_path


def test_a_folder_holds_a_delivery_in_each_of_its_folders(batch):
    assert [delivery.document.title_id for delivery in deliveries(batch)] == ["mq-1", "mq-2"]


def test_the_document_goes_up_last(batch):
    files = [path.name for path in deliveries(batch / "mq-1")[0].files]
    assert files == ["film.mov", "title.json"]


def test_a_file_that_is_named_and_not_there_is_told_of(batch):
    (batch / "mq-2" / "film.mov").unlink()
    with pytest.raises(OperatorError, match=r"mq-2/title\.json names film\.mov"):
        deliveries(batch)


def test_a_field_that_is_wrong_is_told_of(batch):
    (batch / "mq-1" / "title.json").write_text(json.dumps({**DOCUMENT, "year": "1999"}))
    with pytest.raises(OperatorError, match="year"):
        deliveries(batch)


def test_two_folders_of_one_title_are_told_of_before_anything_is_uploaded(batch):
    (batch / "mq-2" / "title.json").write_text(json.dumps({**DOCUMENT, "title_id": "mq-1"}))
    with pytest.raises(OperatorError) as error:
        deliveries(batch)
    for part in (str(batch / "mq-1" / "title.json"), str(batch / "mq-2" / "title.json"), "'mq-1'"):
        assert part in error.value.message


def test_a_folder_without_deliveries_is_told_of(tmp_path):
    with pytest.raises(OperatorError, match=r"holds no title\.json"):
        deliveries(tmp_path)


def test_the_cost_is_that_of_every_rung_and_track(batch):
    offers, _ = looked_at(deliveries(batch), console=Console(quiet=True))
    expected = estimate(offers, shipped_ladder())
    minutes = 2 * 10 / 60  # two titles of six seconds, each billed for ten
    assert expected.dollars["MediaConvert, renditions"] == pytest.approx(minutes * 2 * 0.0075)
    assert expected.dollars["MediaConvert, audio"] == pytest.approx(minutes * 0.0025)
    assert expected.gigabytes == pytest.approx(2 * 6 * (400 + 800 + 128) / 8e6, rel=0.02)
    assert expected.total == pytest.approx(sum(expected.dollars.values()))


def test_a_dry_run_shows_the_cost_and_needs_no_platform(batch, monkeypatch):
    monkeypatch.setenv("MARQUEE_HOME", str(batch / "nowhere"))
    shown = CliRunner().invoke(app, ["titles", "ingest", str(batch), "--dry-run"])
    assert shown.exit_code == 0, shown.output
    assert "2 titles" in shown.output
    assert "nothing uploaded" in shown.output


def test_the_cost_is_told_from_headers_alone(batch, monkeypatch):
    commands = []

    def running(arguments, *, limits):
        commands.append(arguments[0])
        return run(arguments, limits=limits)

    monkeypatch.setattr(tools, "run", running)
    looked_at(deliveries(batch), console=Console(quiet=True))
    assert commands == ["headers", "headers"]


def test_headers_of_a_film_are_read_where_its_sound_and_picture_can_not_be(batch):
    film_file = batch / "mq-1" / "film.mov"
    content = bytearray(film_file.read_bytes())
    start = content.find(b"mdat") + 4
    content[start : start + 20_000] = bytes(20_000)
    film_file.write_bytes(content)
    (first, _), unreadable = looked_at(deliveries(batch), console=Console(quiet=True))
    assert unreadable == []
    assert first.headers.seconds == pytest.approx(6, abs=0.1)
    assert (first.headers.pictures[0].width, first.headers.pictures[0].height) == (640, 360)


def test_a_file_that_can_not_be_read_is_left_out_and_named(batch):
    (batch / "mq-2" / "film.mov").write_bytes(b"PK\x03\x04 not a film")
    shown = CliRunner().invoke(
        app, ["titles", "ingest", str(batch), "--dry-run"], env={"COLUMNS": "300"}
    )
    assert shown.exit_code == 0, shown.output
    assert "1 titles" in shown.output
    (line,) = [line for line in shown.output.splitlines() if "left out" in line]
    assert str(batch / "mq-2" / "film.mov") in line
    assert "can't be read" in line


def test_where_no_file_can_be_read_nothing_is_delivered(batch):
    for title_id in ("mq-1", "mq-2"):
        (batch / title_id / "film.mov").write_bytes(b"")
    shown = CliRunner().invoke(app, ["titles", "ingest", str(batch)])
    assert shown.exit_code == 1
    assert "can be read" in shown.stderr
