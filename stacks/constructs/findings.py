"""The ids that the rule pack gives its findings about wildcards, so that one can be accepted."""

from __future__ import annotations

import json
from typing import Any

from aws_cdk import Stack
from constructs import IConstruct


def wildcard_resource(scope: IConstruct, arn: str) -> str:
    """The id of the finding that a policy of `scope` names the resources of `arn`."""
    return f"AwsSolutions-IAM5[Resource::{_flat(Stack.of(scope).resolve(arn))}]"


def _flat(value: Any) -> str:  # noqa: ANN401 - whatever a template may hold
    if isinstance(value, str):
        return value
    match value:
        case {"Fn::Join": [str(delimiter), list(items)]}:
            return delimiter.join(_flat(item) for item in items)
        case {"Ref": str(name)}:
            return f"<{name}>"
        case {"Fn::GetAtt": [str(resource), str(attribute)]}:
            return f"<{resource}.{attribute}>"
        case {"Fn::ImportValue": str(name)}:
            return name
        case {"Fn::Select": _}:
            return json.dumps(value, separators=(",", ":"))
    raise ValueError(f"no finding is named after {value!r}")
