"""A function as this project makes them: one code asset, one layer, explicit everything."""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import AssetHashType, Duration, Size, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.config import StageConfig
from stacks.constructs.acknowledge import acknowledge
from stacks.constructs.metrics import own_namespace
from stacks.constructs.retention import removal_policy, retention
from stacks.constructs.wheels import LAYERS, REQUIREMENTS, ROOT, Target, fetched

ALIAS = "live"
# Left by running the code where it lies; it would change the asset with no change of the code.
_NOT_CODE = ("requirements*.txt", "**/__pycache__", "**/*.pyc", "**/.*")


@dataclass(frozen=True, kw_only=True)
class FunctionSettings:
    """What one function needs beside the defaults. ``handler`` is a module of handlers/."""

    handler: str
    description: str
    environment: Mapping[str, str] = field(default_factory=dict)
    memory_mb: int = 512  # 1,769 MB is one whole core
    timeout_seconds: int = 10
    reserved_concurrency: int | None = None
    scratch: Size | None = None  # of /tmp, where it is more than Lambda's half gigabyte
    failures: str = "its callers wait for the answer and see its errors: nothing to queue"


class MarqueeFunction(lambda_.Function):
    """A function of ``lambda_src``, with its dependency layer, log group and tracing.

    ``live`` is the alias that everything invokes, so that a deployment can shift to a new
    version gradually and back at once.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: StageConfig,
        settings: FunctionSettings,
        layers: Sequence[lambda_.ILayerVersion] = (),
    ) -> None:
        """Make the function, its log group and its alias; ``layers`` beside the one of all."""
        log_group = logs.LogGroup(
            scope,
            f"{id}Logs",
            retention=retention(config.log_retention_days),
            removal_policy=removal_policy(config),
        )
        role = _role(scope, id, log_group)
        super().__init__(
            scope,
            id,
            handler=f"handlers.{settings.handler}.handler",
            description=settings.description,
            code=lambda_.Code.from_asset(str(ROOT / "lambda_src"), exclude=list(_NOT_CODE)),
            runtime=runtime(config),
            architecture=_architecture(config),
            layers=[layer(scope, config), *layers],
            ephemeral_storage_size=settings.scratch,
            memory_size=settings.memory_mb,
            timeout=Duration.seconds(settings.timeout_seconds),
            reserved_concurrent_executions=settings.reserved_concurrency,
            tracing=lambda_.Tracing.ACTIVE,
            logging_format=lambda_.LoggingFormat.JSON,
            log_group=log_group,
            role=role,
            environment={
                "POWERTOOLS_SERVICE_NAME": settings.handler.replace("_", "-"),
                "POWERTOOLS_METRICS_NAMESPACE": own_namespace(config),
                "POWERTOOLS_LOG_LEVEL": "INFO",
                **settings.environment,
            },
        )
        self.execution_role = role
        self.live = lambda_.Alias(self, "Live", alias_name=ALIAS, version=self.current_version)
        acknowledge(self, settings.failures, "Serverless-LambdaDLQ")
        acknowledge(
            role,
            "X-Ray's write actions and its sampling rules know no resource",
            "AwsSolutions-IAM5[Resource::*]",
        )
        if config.lambda_python == "host":
            acknowledge(
                self,
                "the emulator runs functions with this machine's interpreter",
                "AwsSolutions-L1",
                "Serverless-LambdaLatestVersion",
            )


def runtime(config: StageConfig) -> lambda_.Runtime:
    """The stage's Python: Lambda's newest, or this machine's where functions run on it."""
    host = f"{sys.version_info.major}.{sys.version_info.minor}"
    version = host if config.lambda_python == "host" else config.lambda_python
    return lambda_.Runtime(f"python{version}", lambda_.RuntimeFamily.PYTHON)


def layer(
    scope: Construct, config: StageConfig, requirements: str = REQUIREMENTS
) -> lambda_.LayerVersion:
    """The stack's one layer of a requirements file of ``lambda_src``, made at its first use."""
    stack = Stack.of(scope)
    id = LAYERS[requirements]
    made = stack.node.try_find_child(id)
    if isinstance(made, lambda_.LayerVersion):
        return made
    target = Target.of(config, requirements)
    return lambda_.LayerVersion(
        stack,
        id,
        description=f"lambda_src/{requirements}",
        code=lambda_.Code.from_asset(
            str(fetched(target)), asset_hash=target.digest, asset_hash_type=AssetHashType.CUSTOM
        ),
        compatible_runtimes=[runtime(config)],
        compatible_architectures=[_architecture(config)],
    )


def _architecture(config: StageConfig) -> lambda_.Architecture:
    host_is_arm = platform.machine() in {"arm64", "aarch64"}
    if config.lambda_architecture == "host" and not host_is_arm:
        return lambda_.Architecture.X86_64
    return lambda_.Architecture.ARM_64


def _role(scope: Construct, id: str, log_group: logs.ILogGroup) -> iam.Role:
    # Not AWS's managed policy, which may write to every log group of the account.
    role = iam.Role(
        scope,
        f"{id}Role",
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        description=f"What the function {id} may do",
    )
    log_group.grant_write(role)
    return role
