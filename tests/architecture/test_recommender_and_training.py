"""The recommender is pure, the training job stands on it alone, and importers write no logic."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STDLIB = set(sys.stdlib_module_names)
FOLDERS = {
    "lambda_src/recommender": {"recommender", "numpy"},
    "training": {"training", "recommender", "numpy"},
    "scripts/importers": {"scripts", "recommender", "numpy"},
}
# Modules whose use makes an answer depend on more than its arguments.
IMPURE = {"os", "time", "random", "secrets", "uuid", "socket", "subprocess", "threading"}
CLOCKS = {"now", "utcnow", "today", "time", "monotonic", "perf_counter"}


def sources(folder):
    return sorted((ROOT / folder).rglob("*.py"))


def parsed(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path):
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield (node.module or "").split(".")[0]


@pytest.mark.parametrize("folder", FOLDERS)
def test_only_numpy_and_the_standard_library_are_imported(folder):
    foreign = {
        (path.name, name)
        for path in sources(folder)
        for name in imported(path)
        if name not in FOLDERS[folder] | STDLIB
    }
    assert not foreign, f"{folder} may import {sorted(FOLDERS[folder])} and the standard library"


def test_the_recommender_has_no_hidden_clock_chance_or_environment():
    found = {
        (path.name, name)
        for path in sources("lambda_src/recommender")
        for name in imported(path)
        if name in IMPURE
    }
    assert not found, "pass `now` and the random generator in, and leave I/O to the adapters"


@pytest.mark.parametrize("folder", ["lambda_src/recommender", "training", "scripts/importers"])
def test_no_call_reads_the_clock_or_draws_unseeded(folder):
    found = []
    for path in sources(folder):
        for node in ast.walk(parsed(path)):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            owner = ast.unparse(node.func.value).split(".")[-1]
            clock = owner in {"datetime", "date", "time"} and node.func.attr in CLOCKS
            chance = owner == "random" and (node.func.attr != "default_rng" or not node.args)
            if clock or chance:
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}")
    assert not found, found


def test_nothing_in_the_recommender_touches_files_but_the_exchange():
    opening = {"open", "read_text", "write_text", "read_bytes", "write_bytes"}
    found = {
        path.name
        for path in sources("lambda_src/recommender")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call)
        and (ast.unparse(node.func) == "open" or ast.unparse(node.func).split(".")[-1] in opening)
    }
    assert found <= {"exchange.py", "artifact.py"}  # the artifact "opens" a zip in memory


def test_nothing_is_pickled():
    found = [
        f"{path.name}:{node.lineno}"
        for folder in FOLDERS
        for path in sources(folder)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.keyword)
        and node.arg == "allow_pickle"
        and ast.unparse(node.value) != "False"
    ]
    assert not found
