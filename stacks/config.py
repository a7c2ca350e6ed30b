"""The stages, as data: everything in which one environment differs from another."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

# CloudFront takes its web ACL and its certificates from this region alone.
DELIVERY_REGION = "us-east-1"
# Which signing keys there are, which one signs, and which word of the edge is said: a file of
# its own, as a command writes it.
SIGNING_FILE = Path(__file__).with_name("signing.json")


@dataclass(frozen=True, kw_only=True)
class FleetConfig:
    """The streaming fleet: instance types in order of preference, and its size.

    All types have NVMe of their own and a baseline of `node_gbps` or more, so that one target
    fits each: im4gn.xlarge and is4gen.xlarge 6.25 Gbit/s, c7gd.4xlarge 7.5. Written down by hand;
    `aws ec2 describe-instance-types` has it as `BaselineBandwidthInGbps`, if types are changed.
    """

    instance_types: tuple[str, ...] = ("im4gn.xlarge", "c7gd.4xlarge", "is4gen.xlarge")
    node_gbps: float = 6.25
    minimum: int
    maximum: int
    on_demand_base: int
    on_demand_percent: int
    # `scripts/marquee fleet simulate` shows what other targets would drop, and cost.
    requests_per_target: int = 24_000  # per minute
    bytes_out_per_target: int = 30_000_000_000  # per minute: 4 Gbit/s
    cache_gb: int = 200  # of the volume that caches media where a type has no disk of its own
    predictive_scaling: bool
    # An image with everything in it, and counters to CloudWatch. Both take a way to AWS's APIs:
    # the stage's interface_endpoints or nat_gateways. Else a node installs nginx as it boots.
    own_image: bool = False
    image_release: int = 1  # raised, the image is built anew on Amazon Linux as it is then


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """The training job and when it runs."""

    instance_type: str
    volume_gb: int = 50
    max_runtime_seconds: int = 4 * 3600
    managed_spot: bool = False  # a third of the price; an interrupted job starts over
    schedule: str | None  # an EventBridge Scheduler expression; None: by hand only
    image_account: str = "763104351884"  # AWS Deep Learning Containers
    image: str = "pytorch-training:2.6.0-cpu-py312-ubuntu22.04-sagemaker"


@dataclass(frozen=True, kw_only=True)
class PackagingConfig:
    """How many titles of a batch are packaged at once; MediaConvert's queue has its own limit."""

    concurrency: int = 20
    max_runtime_hours: int = 12  # of one title


@dataclass(frozen=True, kw_only=True)
class StageConfig:
    """One environment. Frozen: a stack reads it and decides at synth."""

    name: Literal["local", "dev", "prod"]
    region: str = DELIVERY_REGION
    replica_region: str | None = None
    account: str | None = None  # None: whichever account the credentials name
    availability_zones: tuple[str, ...] = ("us-east-1a", "us-east-1b", "us-east-1c")
    retain_data: bool  # RETAIN and deletion protection on whatever holds data
    nat_gateways: int = 0
    interface_endpoints: bool = False
    log_retention_days: int
    event_retention_hours: int = 24
    lake_retention_days: int = 90  # of the hours made whole
    # Of the job that joins impressions with outcomes; None: by hand only.
    outcomes_schedule: str | None = None
    # Countries with metrics of their own; each is some 1.20 dollars a month.
    quality_countries: tuple[str, ...] = ("US",)
    athena_scan_limit_gb: int = 10  # the most that one query may read
    lambda_python: Literal["host", "3.14"] = "3.14"
    lambda_architecture: Literal["host", "arm64"] = "arm64"
    canary_deployments: bool
    api_rate_limit: int  # requests per second, all routes
    api_burst_limit: int
    waf_requests_per_5_minutes: int = 2000  # per address
    streams_per_account: int = 4  # at once
    blocked_countries: tuple[str, ...] = ()
    # Of the two live keys; `scripts/marquee keys` turns them over.
    signing_generations: tuple[int, int] = (1, 1)
    active_signing_key: Literal[0, 1] = 0
    edge_generation: int = 1  # `scripts/marquee keys edge` raises it
    domain_name: str | None = None
    monthly_budget_usd: int
    alarm_email: str | None = None
    fleet: FleetConfig
    training: TrainingConfig
    packaging: PackagingConfig = PackagingConfig()
    tags: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what could only fail in the middle of a deployment."""
        if self.region != DELIVERY_REGION:
            raise ValueError(
                f"stage {self.name}: region is {self.region!r}, but CloudFront's web ACL can "
                f"only be made in {DELIVERY_REGION}: set region={DELIVERY_REGION!r} and use "
                "replica_region for a second one"
            )
        if self.replica_region == self.region:
            raise ValueError(f"stage {self.name}: replica_region must differ from region")
        if self.lake_retention_days < 30:
            raise ValueError(
                f"stage {self.name}: lake_retention_days={self.lake_retention_days} is less than "
                "the 30 that an hour may take to become whole, and queries look back"
            )
        if self.fleet.own_image and not (self.interface_endpoints or self.nat_gateways):
            raise ValueError(
                f"stage {self.name}: fleet.own_image takes a way to AWS's APIs: set "
                "interface_endpoints=True or nat_gateways"
            )
        if len(self.availability_zones) < 2:
            raise ValueError(f"stage {self.name}: a load balancer needs 2 availability_zones")


def _signing(stage: str) -> dict[str, Any]:
    keys = json.loads(SIGNING_FILE.read_text())[stage]
    return {
        "signing_generations": tuple(keys["generations"]),
        "active_signing_key": keys["active"],
        "edge_generation": keys["edge"],
    }


STAGES: dict[str, StageConfig] = {
    stage.name: stage
    for stage in (
        StageConfig(
            name="local",
            **_signing("local"),
            availability_zones=("us-east-1a", "us-east-1b"),
            retain_data=False,
            log_retention_days=1,
            lambda_python="host",
            lambda_architecture="host",
            canary_deployments=False,
            api_rate_limit=1000,
            api_burst_limit=2000,
            monthly_budget_usd=1,
            fleet=FleetConfig(
                minimum=0,
                maximum=2,
                on_demand_base=0,
                on_demand_percent=0,
                predictive_scaling=False,
            ),
            training=TrainingConfig(instance_type="ml.m7i.large", schedule=None),
            packaging=PackagingConfig(concurrency=2),
        ),
        StageConfig(
            name="dev",
            **_signing("dev"),
            availability_zones=("us-east-1a", "us-east-1b"),
            retain_data=False,
            log_retention_days=14,
            canary_deployments=False,
            api_rate_limit=200,
            api_burst_limit=400,
            monthly_budget_usd=150,
            fleet=FleetConfig(
                instance_types=("t4g.small",),
                node_gbps=0.128,
                minimum=1,
                maximum=2,
                on_demand_base=0,
                on_demand_percent=0,
                requests_per_target=600,
                bytes_out_per_target=600_000_000,
                cache_gb=20,
                predictive_scaling=False,
            ),
            training=TrainingConfig(instance_type="ml.m7i.large", schedule=None),
        ),
        StageConfig(
            name="prod",
            **_signing("prod"),
            replica_region="eu-west-1",
            retain_data=True,
            nat_gateways=0,
            interface_endpoints=True,
            log_retention_days=365,
            event_retention_hours=168,
            lake_retention_days=3650,
            quality_countries=(
                *("AR", "AU", "BR", "CA", "CL", "CO", "DE", "ES", "FR", "GB", "IN", "IT", "JP"),
                *("KR", "MX", "NL", "PL", "SE", "TR", "US"),
            ),
            outcomes_schedule="cron(30 2 * * ? *)",
            athena_scan_limit_gb=1000,
            canary_deployments=True,
            api_rate_limit=20_000,
            api_burst_limit=40_000,
            monthly_budget_usd=20_000,
            fleet=FleetConfig(
                minimum=3,
                maximum=60,
                on_demand_base=3,
                on_demand_percent=50,
                predictive_scaling=True,
                own_image=True,
            ),
            training=TrainingConfig(
                instance_type="ml.m7i.4xlarge", schedule="cron(0 3 * * ? *)", managed_spot=True
            ),
        ),
    )
}
