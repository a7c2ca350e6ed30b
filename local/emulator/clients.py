"""boto3 clients of the emulator's own processes, for code that may wait for an answer.

Never call one on the emulator's event loop: it would wait for itself.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from typing import Any, cast

import boto3
from botocore.config import Config
from botocore.model import ListShape, MapShape, Shape, StructureShape

_CONFIG = Config(
    retries={"max_attempts": 1},
    s3={"addressing_style": "path"},
    max_pool_connections=32,
    read_timeout=300,
    # A provisioned type names hosts of AWS (cloudfront.amazonaws.com); ours is one for all.
    inject_host_prefix=False,
)


@functools.cache
def client(service: str, account: str, region: str) -> Any:  # noqa: ANN401 - made at run time
    """A client that acts as ``account``; its calls are validated by botocore as any other."""
    return boto3.client(
        cast(Any, service),
        endpoint_url=f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}",
        region_name=region,
        aws_access_key_id=account,
        aws_secret_access_key="test",
        config=_CONFIG,
    )


def arguments(client: Any, operation: str, given: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401
    """The members of a call's input that ``given`` has, in the types that the call wants.

    Templates may write a number or a truth as text; members of other names are left out.
    """
    name = client.meta.method_to_api_mapping[operation]
    shape = client.meta.service_model.operation_model(name).input_shape
    return cast(dict[str, Any], _cast(shape, given)) if shape else {}


def _cast(shape: Shape, value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(shape, StructureShape) and isinstance(value, list):  # as CloudFront counts
        value = {"Quantity": len(value), "Items": value}
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        members = shape.members
        return {key: _cast(members[key], item) for key, item in value.items() if key in members}
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_cast(shape.member, item) for item in value]
    if isinstance(shape, MapShape) and isinstance(value, list):  # tags, as most types write them
        value = {item["Key"]: item["Value"] for item in value}
    if isinstance(shape, MapShape) and isinstance(value, Mapping):
        return {key: _cast(shape.value, item) for key, item in value.items()}
    if isinstance(value, str) and shape.type_name in ("integer", "long"):
        return int(value)
    if isinstance(value, str) and shape.type_name in ("float", "double"):
        return float(value)
    if isinstance(value, str) and shape.type_name == "boolean":
        return value == "true"
    if shape.type_name == "string" and isinstance(value, int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value
