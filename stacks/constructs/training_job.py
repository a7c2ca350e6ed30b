"""The SageMaker training job: its role and the request that the state machine sends."""

from __future__ import annotations

from typing import Any

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from stacks.config import TrainingConfig
from stacks.constructs.acknowledge import acknowledge
from stacks.constructs.findings import wildcard_resource
from stacks.constructs.grants import read_objects, write_objects
from stacks.constructs.training_code import stage_training_code

JOB_PREFIX = "marquee-"
METRICS = ("ndcg_at_10", "recall_at_10", "coverage")
# The job prints `metric ndcg_at_10=0.123;` for each.
_NUMBER = r"([0-9.eE+-]+)"


class TrainingJob(Construct):
    """One CPU instance without network that runs the training package on S3 channels."""

    def __init__(
        self, scope: Construct, id: str, *, config: TrainingConfig, model_bucket: s3.Bucket
    ) -> None:
        """The job reads `snapshots/` and writes `jobs/` of `model_bucket`."""
        super().__init__(scope, id)
        self._config = config
        self._bucket = model_bucket
        self._code = s3_assets.Asset(self, "Code", path=str(stage_training_code()))
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"),
            description="Training job: reads snapshots, writes its artifact, logs and metrics",
        )
        self._grant()

    @property
    def image(self) -> str:
        """The container image: AWS's own, since the job needs Python and numpy only."""
        stack = Stack.of(self)
        registry = f"{self._config.image_account}.dkr.ecr.{stack.region}.{stack.url_suffix}"
        return f"{registry}/{self._config.image}"

    def request(self) -> dict[str, Any]:
        """CreateTrainingJob's parameters, as JSONPath over the snapshot's output."""
        config = self._config
        limits = {"MaxRuntimeInSeconds": config.max_runtime_seconds}
        if config.managed_spot:
            limits["MaxWaitTimeInSeconds"] = 2 * config.max_runtime_seconds
        return {
            # A job's name has 63 characters at most, and that of an execution which a rule
            # started has more, and others. The model's version says which execution it was.
            "TrainingJobName.$": f"States.Format('{JOB_PREFIX}{{}}', States.UUID())",
            "RoleArn": self.role.role_arn,
            "AlgorithmSpecification": self._algorithm(),
            "HyperParameters": {"version.$": "$$.Execution.Name"},
            "InputDataConfig": [
                _channel("code", {"S3Uri": self._code.s3_object_url}),
                _channel("titles", {"S3Uri.$": "$.titles_uri"}),
                _channel("interactions", {"S3Uri.$": "$.interactions_uri"}),
            ],
            "OutputDataConfig": {"S3OutputPath": self._bucket.s3_url_for_object("jobs")},
            "ResourceConfig": {
                "InstanceCount": 1,
                "InstanceType": config.instance_type,
                "VolumeSizeInGB": config.volume_gb,
            },
            "StoppingCondition": limits,
            "EnableManagedSpotTraining": config.managed_spot,
            "EnableNetworkIsolation": True,
            "EnableInterContainerTrafficEncryption": True,
        }

    def _algorithm(self) -> dict[str, Any]:
        run = "exec python3 /opt/ml/input/data/code/*.zip --root /opt/ml"
        return {
            "TrainingImage": self.image,
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["/bin/sh", "-c", run],
            "MetricDefinitions": [
                {"Name": name, "Regex": f"metric {name}={_NUMBER};"} for name in METRICS
            ],
        }

    def _grant_code(self) -> None:
        bucket, key = self._code.bucket, self._code.s3_object_key
        iam.Grant.add_to_principal(
            grantee=self.role,
            actions=["s3:GetObject"],
            resource_arns=[bucket.arn_for_objects(key)],
        )
        iam.Grant.add_to_principal(
            grantee=self.role,
            actions=["s3:ListBucket"],
            resource_arns=[bucket.bucket_arn],
            conditions={"StringEquals": {"s3:prefix": key}},
        )

    def _grant(self) -> None:
        stack = Stack.of(self)
        read_objects(self._bucket, self.role, "snapshots")
        write_objects(self._bucket, self.role, "jobs")
        self._grant_code()
        repository = stack.format_arn(
            service="ecr",
            account=self._config.image_account,
            resource="repository",
            resource_name=self._config.image.split(":")[0],
        )
        logs = stack.format_arn(
            service="logs",
            resource="log-group",
            resource_name="/aws/sagemaker/TrainingJobs:*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        for sid, actions, resource, conditions in (
            ("PullImage", _PULL, repository, {}),
            ("SignInToRegistry", ("ecr:GetAuthorizationToken",), "*", {}),
            ("WriteLogs", _LOG, logs, {}),
            ("WriteMetrics", ("cloudwatch:PutMetricData",), "*", _SAGEMAKER_METRICS),
        ):
            self.role.add_to_policy(
                iam.PolicyStatement(
                    sid=sid, actions=list(actions), resources=[resource], conditions=conditions
                )
            )
        acknowledge(
            self.role,
            "the log streams of jobs, named as they start; signing in to a registry and putting "
            "metrics know no resource, and the metrics' namespace is conditioned",
            "AwsSolutions-IAM5[Resource::*]",
            wildcard_resource(self, logs),
        )


_PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
_LOG = (
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:DescribeLogStreams",
    "logs:PutLogEvents",
)
_SAGEMAKER_METRICS = {"StringEquals": {"cloudwatch:namespace": "/aws/sagemaker/TrainingJobs"}}


def _channel(name: str, uri: dict[str, str]) -> dict[str, Any]:
    return {
        "ChannelName": name,
        "DataSource": {
            "S3DataSource": {
                "S3DataType": "S3Prefix",
                "S3DataDistributionType": "FullyReplicated",
                **uri,
            }
        },
    }
