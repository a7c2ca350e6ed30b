"""Every alarm has its runbook, every runbook its alarm, and its commands name what exists."""

import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import typer
from botocore import xform_name

from tests.infrastructure.synthesis import ROOT, Assembly

FOLDER = ROOT / "docs" / "runbooks"
HELPERS = ROOT / "operations" / "runbook.sh"
RUNBOOKS = sorted(path.stem for path in FOLDER.glob("*.md") if path.stem != "README")
SECTIONS = ["Meaning", "Impact", "Diagnosis", "Mitigation", "Verification", "Rollback"]
ALARMS = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
# What the AWS CLI adds to the services' own operations, with the options used here.
CUSTOM = {
    ("s3", "ls"): {"recursive", "human-readable"},
    ("s3", "cp"): {"content-type"},
    ("logs", "tail"): {"since", "filter-pattern", "format", "log-stream-name-prefix"},
}
GLOBAL = {"output", "query", "region", "cli-binary-format", "max-items"}
SERVICES = {"s3api": "s3", "deploy": "codedeploy"}

each_runbook = pytest.mark.parametrize("name", RUNBOOKS)


def _text(name: str) -> str:
    return (FOLDER / f"{name}.md").read_text()


def _blocks(name: str) -> list[str]:
    return re.findall(r"^```bash\n(.*?)^```$", _text(name), re.DOTALL | re.MULTILINE)


def _sections(name: str) -> dict[str, str]:
    parts = re.split(r"^## (.+)$", _text(name), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def _alarms(assembly: Assembly) -> dict[str, str]:
    """The runbook that each alarm of a stage names in its description, by logical id."""
    named = {}
    for template in assembly.templates.values():
        for kind in ALARMS:
            for logical_id, alarm in template.of_type(kind).items():
                description = alarm["Properties"]["AlarmDescription"]
                found = re.search(r"Runbook: docs/runbooks/(\w+)\.md$", description)
                assert found, f"{logical_id} names no runbook: {description}"
                named[logical_id] = found[1]
        for logical_id in template.of_type("AWS::Budgets::Budget"):
            named[logical_id] = logical_id
    return named


def test_every_alarm_names_a_runbook_that_exists(assembly: Assembly) -> None:
    missing = {name for name in _alarms(assembly).values() if name not in RUNBOOKS}
    assert missing == set()


def test_every_runbook_has_its_alarm(assemblies: Mapping[str, Assembly]) -> None:
    assert set(RUNBOOKS) - set(_alarms(assemblies["prod"]).values()) == set()


def test_a_runbook_is_named_after_its_alarm(assembly: Assembly) -> None:
    strangers = {
        logical_id: name for logical_id, name in _alarms(assembly).items() if name not in logical_id
    }
    assert strangers == {}


@each_runbook
def test_a_runbook_has_the_six_sections_in_order(name: str) -> None:
    assert list(_sections(name)) == SECTIONS
    assert _text(name).startswith(f"# {name}\n")


@each_runbook
def test_no_section_is_empty(name: str) -> None:
    assert [title for title, body in _sections(name).items() if not body.strip()] == []


@each_runbook
@pytest.mark.parametrize("section", ["Diagnosis", "Verification"])
def test_what_is_looked_at_says_what_to_expect(name: str, section: str) -> None:
    body = _sections(name)[section]
    assert "```bash" in body
    assert re.search(r"\bexpect\b", body, re.IGNORECASE)


@each_runbook
def test_commands_are_bash(name: str) -> None:
    for block in _blocks(name):
        checked = subprocess.run(
            ["bash", "-n"], input=block, text=True, capture_output=True, check=False
        )
        assert checked.stderr == ""


@each_runbook
def test_a_block_that_uses_a_helper_brings_it(name: str) -> None:
    for block in _blocks(name):
        if re.search(
            r"(^|\$\(|; )(output|resource|alarm|metric|newest|node_log) \w|\$stage",
            block,
            re.MULTILINE,
        ):
            assert block.startswith(". operations/runbook.sh\n"), block


@cache
def _members(service: str, operation: str) -> frozenset[str] | None:
    """The options of an operation as the CLI spells them; None where there is none such."""
    session = botocore.session.get_session()
    service = SERVICES.get(service, service)
    if service not in session.get_available_services():
        return None
    model = session.get_service_model(service)
    for name in model.operation_names:
        if xform_name(name, "-") == operation:
            shape = model.operation_model(name).input_shape
            return frozenset(xform_name(member, "-") for member in shape.members) if shape else None
    return None


def _commands(block: str) -> Iterator[list[str]]:
    """The words of each `aws …` command, also of those inside `$(…)` and pipes."""
    joined = block.replace("\\\n", " ")
    for found in re.finditer(r"(?<![\w/.-])aws (?=[a-z0-9-]+ [a-z0-9-]+)", joined):
        yield ["aws", *_words(joined[found.end() :])]


def _words(text: str) -> Iterator[str]:
    """Words up to the end of a simple command; a nested `$(…)` is one opaque part."""
    word, quote, depth = "", "", 0
    for at, sign in enumerate(text):
        if text.startswith("$(", at):
            depth += 1
        elif depth and sign == ")":
            depth -= 1
            word += "_"
            continue
        if depth:
            continue
        if not quote and (sign in "|;)\n&" or sign == "\n"):
            break
        if sign in "'\"" and (not quote or sign == quote):
            quote = "" if quote else sign
        elif sign == " " and not quote:
            if word:
                yield word
            word = ""
        else:
            word += sign
    if word:
        yield word


def _complaint(words: list[str]) -> str | None:
    service, operation = words[1:3]
    options = {word[2:].split("=")[0] for word in words if re.fullmatch(r"--[a-z].*", word)}
    known = CUSTOM.get((service, operation)) or _members(service, operation)
    if known is None:
        return f"there is no `aws {service} {operation}`"
    bare = {option.removeprefix("no-") for option in options - GLOBAL}
    unknown = {option for option in bare if option not in known}
    return f"`aws {service} {operation}` knows no {sorted(unknown)}" if unknown else None


@each_runbook
def test_commands_name_operations_and_options_of_aws(name: str) -> None:
    complaints = [_complaint(words) for block in _blocks(name) for words in _commands(block)]
    assert [complaint for complaint in complaints if complaint] == []


def test_the_check_of_commands_finds_what_is_wrong() -> None:
    block = 'x=$(aws sqs purge-que --url a)\naws s3api head-object --bucket "$(f x)" --keys k | wc'
    assert [_complaint(words) for words in _commands(block)] == [
        "there is no `aws sqs purge-que`",
        "`aws s3api head-object` knows no ['keys']",
    ]


def test_the_helpers_name_operations_and_options_of_aws() -> None:
    complaints = [_complaint(words) for words in _commands(HELPERS.read_text())]
    assert len(complaints) == 6
    assert set(complaints) == {None}


def _asked(call: str, listing: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A helper's answer where `aws s3 ls` lists so, or fails as it does where there is nothing."""
    (folder / "listing").write_text(listing)
    (folder / "aws").write_text(f"#!/bin/sh\ncat {folder}/listing; [ -s {folder}/listing ]\n")
    (folder / "aws").chmod(0o755)
    script = f'. {HELPERS}\nPATH="{folder}:$PATH"\n{call}'
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)


def test_the_newest_object_is_found_behind_a_thousand_others(tmp_path: Path) -> None:
    lines = [f"2026-11-25 10:{n // 60:02}:{n % 60:02}  5 fleet/{n:04}-i-1.gz" for n in range(2400)]
    lines[1200] = "2026-11-25 23:00:00  5 fleet/1200-i-2.gz"
    listing = "\n".join(lines)
    assert _asked("newest logs fleet/", listing, tmp_path).stdout == "fleet/1200-i-2.gz\n"
    of_one = _asked("newest logs fleet/ i-1", listing, tmp_path).stdout
    assert of_one == "fleet/2399-i-1.gz\n"


def test_where_there_is_no_object_that_is_said(tmp_path: Path) -> None:
    answer = _asked("newest logs fleet/ i-1", "", tmp_path)
    assert (answer.returncode, answer.stdout) == (1, "")
    assert "nothing below s3://logs/fleet/ with i-1" in answer.stderr


@pytest.fixture(scope="module")
def operators() -> Any:
    from scripts.operators.__main__ import app

    return typer.main.get_command(app)


@each_runbook
def test_commands_name_the_operators_own_commands(name: str, operators: Any) -> None:
    for block in _blocks(name):
        for line in re.findall(r"scripts/marquee (.*)", block):
            command, words = operators, shlex.split(line)
            while getattr(command, "commands", None):
                command = command.commands[words.pop(0)]
            options = {option for parameter in command.params for option in parameter.opts}
            assert {word for word in words if word.startswith("--")} <= options


@each_runbook
def test_what_a_command_looks_up_is_in_the_templates(
    name: str, assemblies: Mapping[str, Assembly]
) -> None:
    templates = assemblies["prod"].templates
    for block in _blocks(name):
        for area, kind, prefix in re.findall(r"\$\(resource (\w+) ([\w:]+) \"?(\w+)", block):
            ids = templates[area].of_type(kind)
            assert [key for key in ids if key.startswith(prefix)], f"{area} {kind} {prefix}"
        for area, key in re.findall(r"\$\(output (\w+) (\w+)\)", block):
            assert key in templates[area].body["Outputs"], f"{area} {key}"


@each_runbook
def test_a_resource_that_is_looked_up_is_the_only_one(
    name: str, assemblies: Mapping[str, Assembly]
) -> None:
    templates = assemblies["prod"].templates
    for block in _blocks(name):
        for area, kind, prefix in re.findall(r"\$\(resource (\w+) ([\w:]+) (\w+)\)", block):
            found = [key for key in templates[area].of_type(kind) if key.startswith(prefix)]
            assert len(found) == 1, f"{area} {kind} {prefix}: {found}"


@each_runbook
def test_the_stacks_that_are_deployed_exist(name: str, assemblies: Mapping[str, Assembly]) -> None:
    for block in _blocks(name):
        for areas in re.findall(r"^cdk deploy ([a-z ]+) --", block, re.MULTILINE):
            assert set(areas.split()) <= set(assemblies["prod"].templates)


@each_runbook
def test_other_runbooks_that_it_sends_to_exist(name: str) -> None:
    sent_to = re.findall(r"(?:follow|to|see) `([A-Z]\w+)`", _text(name))
    assert [other for other in sent_to if not Path(FOLDER / f"{other}.md").exists()] == []
