"""Synth is pure: no account, no network, the same bytes twice; and the rule packs are content."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.infrastructure.synthesis import Assembly, synthesise

ACKNOWLEDGED = "aws:cdk:acknowledged-rules"


def test_a_stage_synthesises_without_a_rule_pack_finding(assembly: Assembly):
    assert assembly.process.returncode == 0, assembly.process.stdout + assembly.process.stderr


def test_synth_asks_no_account_for_anything(assembly: Assembly):
    assert assembly.manifest.get("missing", []) == []


def test_synth_warns_of_nothing(assembly: Assembly):
    warnings = [
        (path, entry["data"])
        for metadata in _metadata(assembly)
        for path, entries in metadata.items()
        for entry in entries
        if entry["type"] in {"aws:cdk:warning", "aws:cdk:error"}
    ]
    assert warnings == []


def test_two_synths_give_the_same_bytes(
    assembly: Assembly, assemblies_again: Mapping[str, Assembly]
):
    first, second = assembly.files(), assemblies_again[assembly.stage].files()
    assert sorted(first) == sorted(second)
    assert [name for name in first if first[name] != second[name]] == []


def test_an_unknown_stage_is_refused_by_name(tmp_path: Path):
    refused = synthesise("staging", tmp_path)
    assert refused.process.returncode == 1
    assert "stage=staging: there is no such stage; one of local, dev, prod" in (
        refused.process.stderr
    )


def test_every_exception_to_a_rule_stands_on_a_resource_not_on_a_stack(assembly: Assembly):
    wide = [path for path in _acknowledged(assembly) if path.count("/") < 2]
    assert wide == []


def test_every_exception_to_a_rule_has_a_reason(assembly: Assembly):
    silent = [
        (path, finding)
        for path, findings in _acknowledged(assembly).items()
        for finding, reason in findings.items()
        if len(reason) < 20
    ]
    assert silent == []


def test_a_finding_fails_the_synth(tmp_path: Path):
    import aws_cdk as cdk
    from aws_cdk import aws_s3 as s3
    from cdk_nag import AwsSolutionsChecks

    app = cdk.App(outdir=str(tmp_path))
    s3.Bucket(cdk.Stack(app, "Careless"), "Open")
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    with pytest.raises(RuntimeError, match="AwsSolutions-S10"):
        app.synth()


def _acknowledged(assembly: Assembly) -> dict[str, dict[str, str]]:
    """The exceptions by construct path."""
    found: dict[str, dict[str, str]] = {}
    for metadata in _metadata(assembly):
        for path, entries in metadata.items():
            for entry in entries:
                if entry["type"] == ACKNOWLEDGED:
                    found.setdefault(path, {}).update(entry["data"])
    return found


def _metadata(assembly: Assembly) -> list[dict[str, list[dict[str, Any]]]]:
    found = []
    for artifact in assembly.manifest["artifacts"].values():
        found.append(artifact.get("metadata", {}))
        extra = artifact.get("additionalMetadataFile")
        if extra:
            found.append(json.loads((assembly.folder / extra).read_text()))
    return found
