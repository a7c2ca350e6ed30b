"""Values that the deployment keeps for its functions: secrets and parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from adapters.faults import code_of, translated
from schemas.errors import RetryLaterError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_ssm import SSMClient


def read_secret(client: SecretsManagerClient, arn: str) -> str | None:
    """A secret's text; ``None`` while it has no value."""
    try:
        with translated("Secrets Manager"):
            return client.get_secret_value(SecretId=arn).get("SecretString")
    except ClientError as error:
        if code_of(error) == "ResourceNotFoundException":
            return None
        raise


def read_parameter(client: SSMClient, name: str) -> str:
    """A parameter's text; :class:`RetryLaterError` before it is deployed."""
    try:
        with translated("Systems Manager"):
            return client.get_parameter(Name=name)["Parameter"]["Value"]
    except ClientError as error:
        if code_of(error) == "ParameterNotFound":
            message = f"parameter {name} is not there yet"
            raise RetryLaterError(message, retry_after_seconds=60) from error
        raise
