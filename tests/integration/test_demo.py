"""The demo says what it did, and however it is ended, nothing is left and it starts again."""

from __future__ import annotations

import signal
import subprocess

import pytest

from scripts.operators.deployment import ROOT
from scripts.operators.status import AREAS, WELL, stack_states


def test_ctrl_c_ends_it_cleanly(demo_runs):
    assert demo_runs.interrupted.returncode == 130, demo_runs.interrupted.output
    assert "nothing left running" in demo_runs.interrupted.output


def test_a_kill_leaves_no_process_behind(demo_runs):
    assert demo_runs.killed.returncode == -signal.SIGKILL
    assert demo_runs.left_running == []


def test_it_starts_again_after_a_kill_and_shows_the_loop(demo_runs):
    assert demo_runs.whole.returncode == 0, demo_runs.whole.output
    for part in ("crime-fan is recommended", "to its end", "page", "http://127.0.0.1:"):
        assert part in demo_runs.whole.output


def test_it_says_what_the_emulator_could_not_create(demo_runs, platform):
    for resource in platform.emulator.unsupported():
        assert resource["type"].removeprefix("AWS::") in demo_runs.whole.output


def test_what_the_emulator_cannot_create_is_documented(platform):
    documented = (ROOT / "docs/local.md").read_text()
    for resource in platform.emulator.unsupported():
        assert resource["type"] in documented


def test_every_stack_is_deployed(deployment):
    states = stack_states(deployment)
    assert set(states) == set(AREAS)
    assert {state for state in states.values() if state not in WELL} == set()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["status"], "marquee-local-operations"),
        (["token", "--profile"], ""),
        (["recommend", "--limit", "3"], "crime-fan: top 3"),
        (["titles", "import", "--dry-run"], "nothing written"),
        (["web", "publish", "--dry-run"], "identity_endpoint"),
        (["train"], '"verified": true'),
    ],
)
def test_the_operators_commands_work(running, arguments, expected):
    answer = subprocess.run(
        [ROOT / "scripts/marquee", *arguments], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    assert expected in answer.stdout
