"""Turning the signing keys over, one deployment at a time."""

import shutil

import pytest
from typer.testing import CliRunner

from scripts.operators import keys
from stacks.config import SIGNING_FILE


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs a command on a copy of the file; the keys of prod after it."""
    copy = tmp_path / "signing.json"
    shutil.copy(SIGNING_FILE, copy)
    monkeypatch.setattr(keys.read, "__defaults__", (copy,))
    monkeypatch.setattr(keys.write, "__defaults__", (copy,))

    def command(*words):
        answer = CliRunner().invoke(keys.app, [*words, "--stage", "prod"])
        assert answer.exit_code == 0, answer.output
        return keys.read("prod"), answer.output

    return command


def test_the_idle_key_is_the_one_that_is_replaced(run):
    before, _ = run("show")
    after, said = run("replace")
    idle = 1 - before["active"]
    assert after["generations"][idle] == before["generations"][idle] + 1
    assert after["generations"][before["active"]] == before["generations"][before["active"]]
    assert after["active"] == before["active"]
    assert "keys switch" in said


def test_a_switch_changes_who_signs_and_makes_no_key(run):
    before, _ = run("show")
    after, said = run("switch")
    assert after == before | {"active": 1 - before["active"]}
    assert "20 minutes" in said


def test_a_whole_turn_replaces_both(run):
    before, _ = run("show")
    for word in ("replace", "switch", "replace", "switch"):
        after, _ = run(word)
    assert after["generations"] == [generation + 1 for generation in before["generations"]]
    assert after["active"] == before["active"]


@pytest.mark.parametrize("word", ["replace", "switch", "edge"])
def test_a_dry_run_changes_nothing(run, word):
    before, _ = run("show")
    after, _ = run(word, "--dry-run")
    assert after == before


def test_a_stage_that_is_none_is_named(run):
    answer = CliRunner().invoke(keys.app, ["show", "--stage", "staging"])
    assert answer.exit_code == 1


def test_the_file_is_written_as_it_is_kept(run, tmp_path):
    run("switch")
    run("switch")
    assert (tmp_path / "signing.json").read_text() == SIGNING_FILE.read_text()


def test_the_edges_word_is_raised_alone(run):
    before, _ = run("show")
    after, said = run("edge")
    assert after == before | {"edge": before["edge"] + 1}
    assert "make deploy STAGE=prod" in said
