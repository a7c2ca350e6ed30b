"""Which way the data plane's packages depend on each other: inward, and AWS at the rim alone."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

LAMBDA_SRC = Path(__file__).parents[2] / "lambda_src"
# What each package may import of ours and of others, beside itself and the standard library.
ALLOWED = {
    "schemas": {"recommender", "pydantic"},
    "services": {"recommender", "schemas", "pydantic", "numpy", "m3u8", "webvtt"},
    "adapters": {
        *("recommender", "schemas", "services", "pydantic"),
        *("boto3", "botocore", "cryptography", "aws_lambda_powertools"),
        *("av", "duckdb", "numpy", "urllib3"),
    },
    "handlers": {
        *("recommender", "schemas", "services", "adapters", "pydantic"),
        "aws_lambda_powertools",
    },
}
# Reading the clock, chance or the environment: what only the rim may do.
AMBIENT = {"os", "time", "random", "secrets", "uuid", "socket", "subprocess"}


def modules(package):
    return sorted((LAMBDA_SRC / package).rglob("*.py"))


def imports(path):
    """Top-level names of all modules that a file imports, those for type checkers left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types = {
        node
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.dump(block.test)
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        if node in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield (node.module or "").split(".")[0]


@pytest.mark.parametrize("package", ALLOWED)
def test_dependencies_point_inward(package):
    allowed = ALLOWED[package] | {package, *sys.stdlib_module_names}
    found = {(path.name, name) for path in modules(package) for name in imports(path)}
    assert {(file, name) for file, name in found if name not in allowed} == set()


@pytest.mark.parametrize("package", ["schemas", "services"])
def test_logic_reads_no_clock_chance_or_environment(package):
    found = {(path.name, name) for path in modules(package) for name in imports(path)}
    assert {(file, name) for file, name in found if name in AMBIENT} == set()


def test_only_settings_read_the_environment():
    readers = {
        path.name
        for package in ALLOWED
        for path in modules(package)
        if "environ" in path.read_text(encoding="utf-8") and "import os" in path.read_text()
    }
    assert readers == {"settings.py"}


def test_a_function_is_one_thin_file():
    for path in modules("handlers"):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        assert lines <= 200, f"{path.name} has {lines} lines"
