"""The viewer page: its scripts under Node, and what its markup promises."""

import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

WEB = Path(__file__).parents[3] / "web"
SCRIPTS = sorted(WEB.glob("*.js"))
NODE = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.elements = []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def ids(self):
        return [attrs["id"] for _, attrs in self.elements if "id" in attrs]


@pytest.fixture(scope="module")
def page():
    page = Page()
    page.feed((WEB / "index.html").read_text(encoding="utf-8"))
    return page


@pytest.mark.skipif(NODE is None, reason="there is no Node on this machine")
def test_the_scripts_do_what_their_tests_say():
    tests = sorted(str(path) for path in Path(__file__).parent.glob("*.test.mjs"))
    command = [NODE, "--test", *tests]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout


@pytest.mark.skipif(NODE is None, reason="there is no Node on this machine")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_a_module_that_parses(script):
    check = [NODE, "--input-type=module", "--check"]
    done = subprocess.run(
        check, input=script.read_text(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_strict_content_policy_suits_the_page(page):
    for tag, attrs in page.elements:
        assert "style" not in attrs
        assert not [name for name in attrs if name.startswith("on")]
        assert tag != "style"
        if tag == "script":
            assert attrs["src"].endswith(".js")
    for script in SCRIPTS:
        source = script.read_text(encoding="utf-8")
        assert not re.search(r"innerHTML|insertAdjacentHTML|\beval\(|\.style\b", source)


def test_nothing_comes_from_elsewhere(page):
    for _, attrs in page.elements:
        for name in ("src", "href"):
            assert not attrs.get(name, "").startswith(("http:", "https:", "//"))


def test_every_field_has_a_label(page):
    labelled = {attrs["for"] for tag, attrs in page.elements if tag == "label"}
    fields = [attrs for tag, attrs in page.elements if tag in {"input", "select"}]
    assert {field["id"] for field in fields} <= labelled


def test_what_the_scripts_look_for_is_there(page):
    wanted = {
        name
        for script in SCRIPTS
        for name in re.findall(r'find\("([^"]+)"\)', script.read_text(encoding="utf-8"))
    }
    assert wanted <= set(page.ids())
    assert len(page.ids()) == len(set(page.ids()))


def test_every_genre_of_the_scripts_has_a_style():
    source = (WEB / "logic.js").read_text(encoding="utf-8")
    genres = re.findall(r'"([a-z-]+)"', source.split("new Set([")[1].split("])")[0])
    style = (WEB / "style.css").read_text(encoding="utf-8")
    assert [genre for genre in genres if f".genre-{genre} " not in style] == []


def test_errors_and_news_are_announced(page):
    roles = {attrs.get("id"): attrs.get("role") for _, attrs in page.elements}
    assert (roles["error"], roles["status"]) == ("alert", "status")
