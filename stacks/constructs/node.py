"""What a node of the streaming fleet is: its machine image, disks, role and first boot."""

from __future__ import annotations

import math
from collections.abc import Sequence

from aws_cdk import Duration, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.config import StageConfig
from stacks.constructs.acknowledge import acknowledge
from stacks.constructs.grants import write_objects
from stacks.constructs.metrics import own_namespace
from stacks.constructs.node_image import NodeImage
from streaming.render import PROBE_KEY, NodeConfig, image_components, user_data

NODE_PORT = 8080
# How long a node may go on sending after it was told to terminate. Spot gives two minutes.
DRAIN_TIME = Duration.seconds(110)


class StreamingNode(Construct):
    """A launch template for nginx nodes that only the load balancer can reach."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc,
        subnets: Sequence[ec2.ISubnet],
        config: StageConfig,
        media_bucket: s3.Bucket,
        log_bucket: s3.Bucket,
    ) -> None:
        """Make role, security group and template; the bucket's policy must let the VPC read."""
        super().__init__(scope, id)
        self._config = config
        self._node = NodeConfig(
            upstream_host=media_bucket.bucket_regional_domain_name,
            listen=str(NODE_PORT),
            # What a node at its network's limit could fill between two looks of nginx.
            cache_min_free=f"{math.ceil(config.fleet.node_gbps / 8 * 10)}g",
            user="nginx",
        )
        self.security_group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=vpc,
            description="Streaming nodes: in from the load balancer, out to S3 and AWS endpoints",
            allow_all_outbound=False,
        )
        self.security_group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.HTTPS, "S3, AWS APIs")
        self.role = self._role(media_bucket, log_bucket)
        self.template = ec2.LaunchTemplate(
            self,
            "Template",
            machine_image=self._image(vpc, subnets[0]),
            role=self.role,
            security_group=self.security_group,
            require_imdsv2=True,
            http_put_response_hop_limit=1,
            detailed_monitoring=True,  # bytes-out tracking counts in bytes per minute
            ebs_optimized=True,
            block_devices=_disks(config.fleet.cache_gb),
            user_data=self._first_boot(media_bucket, log_bucket),
        )

    def _role(self, media_bucket: s3.Bucket, log_bucket: s3.Bucket) -> iam.Role:
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
            description="Streaming node: Session Manager, its probe object and its logs",
        )
        role.add_managed_policy(
            iam.ManagedPolicy.from_aws_managed_policy_name("AmazonSSMManagedInstanceCore")
        )
        # Media is read unsigned through the gateway endpoint: the role may write, not read.
        role.add_to_policy(
            iam.PolicyStatement(
                sid="WriteProbe",
                actions=["s3:PutObject"],
                resources=[media_bucket.arn_for_objects(PROBE_KEY)],
            )
        )
        write_objects(log_bucket, role, "fleet")
        if self._config.fleet.own_image:
            self._let_it_count(role)
        acknowledge(
            role,
            "AWS's own minimum for Session Manager, the only way onto a node",
            "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/AmazonSSMManagedInstanceCore]",
        )
        return role

    def _let_it_count(self, role: iam.Role) -> None:
        role.add_to_policy(
            iam.PolicyStatement(
                sid="Count",
                actions=["cloudwatch:PutMetricData"],
                resources=["*"],
                conditions={
                    "StringEquals": {"cloudwatch:namespace": own_namespace(self._config)},
                },
            )
        )
        acknowledge(
            role,
            "metrics are no resources; a condition holds the node to the stage's namespace",
            "AwsSolutions-IAM5[Resource::*]",
        )

    def _first_boot(self, media_bucket: s3.Bucket, log_bucket: s3.Bucket) -> ec2.UserData:
        return ec2.UserData.custom(
            user_data(
                self._node,
                region=Stack.of(self).region,
                media_bucket=media_bucket.bucket_name,
                log_bucket=log_bucket.bucket_name,
                drain_seconds=int(DRAIN_TIME.to_seconds()),
                namespace=own_namespace(self._config) if self._config.fleet.own_image else None,
            )
        )

    def _image(self, vpc: ec2.IVpc, subnet: ec2.ISubnet) -> ec2.IMachineImage:
        if not self._config.fleet.own_image:
            # An SSM parameter that CloudFormation resolves: a new image arrives with a
            # deployment, and so with an instance refresh that alarms can roll back.
            return ec2.MachineImage.latest_amazon_linux2023(cpu_type=ec2.AmazonLinuxCpuType.ARM_64)
        image = NodeImage(
            self,
            "Image",
            components=image_components(self._node, drain_seconds=int(DRAIN_TIME.to_seconds())),
            release=self._config.fleet.image_release,
            vpc=vpc,
            subnet=subnet,
        )
        return ec2.MachineImage.generic_linux({self._config.region: image.image_id})


def _disks(cache_gb: int) -> list[ec2.BlockDevice]:
    def gp3(size: int) -> ec2.BlockDeviceVolume:
        return ec2.BlockDeviceVolume.ebs(
            size, encrypted=True, volume_type=ec2.EbsDeviceVolumeType.GP3
        )

    return [
        ec2.BlockDevice(device_name="/dev/xvda", volume=gp3(16)),
        # Used where the type has no instance storage of its own.
        ec2.BlockDevice(device_name="/dev/sdb", volume=gp3(cache_gb)),
    ]
