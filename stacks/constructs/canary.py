"""A visitor from outside, every few minutes."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import Duration
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_synthetics as synthetics
from constructs import Construct

from stacks.config import StageConfig

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
        often = Duration.minutes(5) if config.name == "prod" else Duration.hours(1)
        super().__init__(
            scope,
            id,
            canary_name=f"marquee-{config.name}",  # at most 21 characters, so no generated one
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
