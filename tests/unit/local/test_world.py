"""What a local platform keeps on disk survives being killed, and is its owner's alone."""

from __future__ import annotations

import stat

import pytest

from local.errors import LocalError
from local.world import World, only_one, write_private


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("MARQUEE_HOME", str(tmp_path))
    return tmp_path


def test_notes_add_up(tmp_path):
    world = World(tmp_path / "world")
    world.note(deployed="a")
    world.note(imported=True)
    assert world.notes() == {"deployed": "a", "imported": True}


def test_a_new_world_has_no_notes(tmp_path):
    assert World(tmp_path / "world").notes() == {}


def test_sign_ins_can_be_read_by_their_owner_alone(tmp_path):
    path = tmp_path / "platform.json"
    write_private(path, {"accounts": []})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_write_that_was_cut_short_does_not_stop_the_next(tmp_path):
    path = tmp_path / "platform.json"
    path.with_suffix(".new").write_text("{half")
    write_private(path, {"whole": True})
    assert path.read_text() == '{\n "whole": true\n}'


def test_a_forgotten_world_is_new(tmp_path):
    world = World(tmp_path / "world")
    world.note(deployed="a")
    world.forget()
    assert world.notes() == {}


def test_one_platform_runs_at_a_time(home):
    with only_one(), pytest.raises(LocalError, match="already running"), only_one():
        pytest.fail("a second platform got the lock")


def test_the_lock_is_free_again_when_its_holder_ends(home):
    with only_one():
        pass
    with only_one():
        pass
