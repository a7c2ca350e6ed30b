"""The AWS clients: made when first needed, shared by all that a function does."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_kinesis import KinesisClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_ssm import SSMClient

# Answers are due in tens of milliseconds: a connection that takes seconds is better made anew.
_QUICK = Config(
    connect_timeout=1,
    read_timeout=3,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=16,
    tcp_keepalive=True,
)
# Who tries again by itself: all the tries of the stream's adapter must fit into a request, those
# of a consumer that sets records aside into its function's time.
_STREAM = _QUICK.merge(
    Config(read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2})
)
# All tries fit into a request, which goes on with what is known where there is no answer.
_SECRETS = _QUICK.merge(
    Config(read_timeout=1, retries={"mode": "standard", "total_max_attempts": 2})
)
_BULK = _QUICK.merge(Config(read_timeout=30))


@cache
def dynamodb() -> DynamoDBClient:
    """The shared DynamoDB client."""
    return boto3.client("dynamodb", config=_QUICK)


@cache
def glue() -> GlueClient:
    """The shared Glue client."""
    return boto3.client("glue", config=_BULK)


@cache
def kinesis() -> KinesisClient:
    """The shared Kinesis client."""
    return boto3.client("kinesis", config=_STREAM)


@cache
def s3() -> S3Client:
    """The shared S3 client."""
    return boto3.client("s3", config=_BULK)


@cache
def failure_bucket() -> S3Client:
    """The consumers' S3 client: for small objects, beside a stream that waits."""
    return boto3.client("s3", config=_STREAM)


@cache
def secretsmanager() -> SecretsManagerClient:
    """The shared Secrets Manager client."""
    return boto3.client("secretsmanager", config=_SECRETS)


@cache
def ssm() -> SSMClient:
    """The shared Systems Manager client."""
    return boto3.client("ssm", config=_QUICK)
