"""What holds for every source file: small, finished, and fed its environment from outside."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE_FOLDERS = ("stacks", "lambda_src", "training", "scripts", "local", "streaming")
LONGEST = 250
NOTES = re.compile(r"\b(TODO|FIXME|XXX|HACK|WIP|PLACEHOLDER|NotImplementedError)\b")


def tracked(*patterns):
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", *(f":(glob){one}" for one in patterns)],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )
    names = [name for name in listed.stdout.split("\0") if name]
    if not names:  # an unpacked archive has no index
        names = [str(path.relative_to(ROOT)) for one in patterns for path in ROOT.glob(one)]
    return [ROOT / name for name in sorted(names) if (ROOT / name).is_file()]


SOURCES = tracked("app.py", *(f"{folder}/**/*.py" for folder in SOURCE_FOLDERS))


def where(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=where)
def test_a_file_is_short_enough_to_read_in_one_go(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST, f"{where(path)} has {lines} lines: split it by what it is about"


@pytest.mark.parametrize("path", SOURCES, ids=where)
def test_a_file_holds_no_notes_to_self(path):
    found = NOTES.findall(path.read_text(encoding="utf-8"))
    assert not found, f"{where(path)} holds {found}: finish it, or leave it out"


def at_import(tree):
    """Nodes that run when a module is imported: everything outside of function bodies."""
    waiting = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting.extend([*getattr(node, "decorator_list", []), *node.args.defaults])
            continue
        yield node
        waiting.extend(ast.iter_child_nodes(node))


@pytest.mark.parametrize("path", SOURCES, ids=where)
def test_no_module_reads_the_environment_at_import(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [
        f"line {node.lineno}"
        for node in at_import(tree)
        if isinstance(node, ast.Attribute)
        and ast.unparse(node) in {"os.environ", "os.getenv", "os.environb"}
    ]
    assert not found, f"{where(path)} reads the environment at import, {found}: read it on use"


STACK_SOURCES = [path for path in SOURCES if where(path).startswith("stacks/")]


@pytest.mark.parametrize("path", STACK_SOURCES, ids=where)
def test_only_the_app_reads_context_and_environment(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [
        f"line {node.lineno}: {node.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in {"environ", "getenv", "try_get_context", "get_context", "get_all_context"}
    ]
    assert not found, f"{where(path)}, {found}: stages are data, app.py alone reads the outside"
