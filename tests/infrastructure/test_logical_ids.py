"""The logical id of whatever holds data is a promise: a new one replaces the resource."""

from __future__ import annotations

import json
from pathlib import Path

from tests.infrastructure.synthesis import Assembly

LOCK = Path(__file__).with_name("locked_logical_ids.json")
STATEFUL = {
    "AWS::Backup::BackupVault",
    "AWS::Cognito::UserPool",
    "AWS::Cognito::UserPoolClient",
    "AWS::DynamoDB::GlobalTable",
    "AWS::DynamoDB::Table",
    "AWS::Glue::Database",
    "AWS::KMS::Key",
    "AWS::Kinesis::Stream",
    "AWS::S3::Bucket",
    "AWS::SageMaker::ModelPackageGroup",
    "AWS::SecretsManager::Secret",
}
WHAT_TO_DO = """
The logical ids of resources that hold data differ from {lock}.

An id that is missing now: CloudFormation would delete that resource with what it holds and make
an empty one. Give the construct its old id and its old place in the tree; if it had to move,
keep the id with `resource.node.default_child.override_logical_id(...)`.

An id that is new: a resource that holds data was added on purpose. Add it to the file.
"""


def test_what_holds_data_keeps_its_logical_id(assembly: Assembly):
    locked = json.loads(LOCK.read_text())
    wanted = {area: locked[area] for area in locked if area in assembly.templates}
    assert _stateful(assembly) == wanted, WHAT_TO_DO.format(lock=LOCK.name)


def test_what_holds_data_is_retained_where_the_stage_says_so(assemblies: dict[str, Assembly]):
    lost = [
        f"{area}/{name}"
        for area, template in assemblies["prod"].templates.items()
        for name in _stateful(assemblies["prod"]).get(area, {})
        if template.body["Resources"][name].get("DeletionPolicy") != "Retain"
        and not _is_remade(name, template.body["Resources"][name])
    ]
    assert lost == []


def _is_remade(name: str, resource: dict[str, object]) -> bool:
    # Clients, registries and catalogues are names and settings, made again without a loss; a
    # topic's key encrypts what is gone once it was delivered.
    return name.startswith(("FailuresKey", "OperatorsKey")) or resource["Type"] in {
        "AWS::Cognito::UserPoolClient",
        "AWS::Glue::Database",
        "AWS::SageMaker::ModelPackageGroup",
    }


def _stateful(assembly: Assembly) -> dict[str, dict[str, str]]:
    found = {
        area: {
            name: resource["Type"]
            for name, resource in sorted(template.body["Resources"].items())
            if resource["Type"] in STATEFUL
        }
        for area, template in assembly.templates.items()
    }
    return {area: ids for area, ids in found.items() if ids}
