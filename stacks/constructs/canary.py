"""A visitor from outside, every few minutes."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_synthetics as synthetics
from constructs import Construct

from stacks.config import StageConfig
from stacks.constructs.acknowledge import acknowledge
from stacks.constructs.findings import wildcard_resource
from stacks.constructs.grants import write_objects

CODE = Path(__file__).resolve().parents[2] / "operations" / "canary"


class ViewerCanary(synthetics.Canary):
    """Loads the page and asks the API without a token, through the distribution."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: StageConfig,
        domain: str,
        results: s3.IBucket,
    ) -> None:
        """Results go below `canary/` of the bucket."""
        name = f"marquee-{config.name}"  # at most 21 characters, so no generated one
        often = Duration.minutes(5) if config.name == "prod" else Duration.hours(1)
        super().__init__(
            scope,
            id,
            canary_name=name,
            role=_role(scope, f"{id}Role", name, results),
            runtime=synthetics.Runtime.SYNTHETICS_PYTHON_SELENIUM_7_0,
            test=synthetics.Test.custom(
                code=synthetics.Code.from_asset(str(CODE)), handler="canary.handler"
            ),
            environment_variables={"BASE_URL": f"https://{domain}"},
            schedule=synthetics.Schedule.rate(often),
            artifacts_bucket_location=synthetics.ArtifactsBucketLocation(
                bucket=results, prefix="canary"
            ),
            active_tracing=False,
            timeout=Duration.seconds(60),
            success_retention_period=Duration.days(7),
            failure_retention_period=Duration.days(31),
            provisioned_resource_cleanup=True,
        )


def _role(scope: Construct, id: str, canary_name: str, results: s3.IBucket) -> iam.Role:
    # Not the library's own, which may list every bucket and write the log of every canary.
    role = iam.Role(
        scope,
        id,
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        description="Canary: stores its results, logs and metrics",
    )
    write_objects(results, role, "canary")
    logs = Stack.of(scope).format_arn(
        service="logs",
        resource="log-group",
        resource_name=f"/aws/lambda/cwsyn-{canary_name}-*",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    namespace = {"StringEquals": {"cloudwatch:namespace": "CloudWatchSynthetics"}}
    for sid, actions, resource, conditions in (
        ("FindResults", ["s3:GetBucketLocation"], results.bucket_arn, {}),
        ("WriteLogs", _LOG, logs, {}),
        ("WriteMetrics", ["cloudwatch:PutMetricData"], "*", namespace),
    ):
        role.add_to_policy(
            iam.PolicyStatement(
                sid=sid, actions=actions, resources=[resource], conditions=conditions
            )
        )
    acknowledge(
        role,
        "the service names the function's log itself; metrics know no resource, and their "
        "namespace is conditioned",
        "AwsSolutions-IAM5[Resource::*]",
        wildcard_resource(scope, logs),
    )
    return role


_LOG = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
