"""Network: the VPC of the streaming fleet."""

from __future__ import annotations

from aws_cdk import CfnOutput
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.config import StageConfig
from stacks.constructs.acknowledge import acknowledge
from stacks.constructs.retention import removal_policy, retention
from stacks.constructs.stack import MarqueeStack

CIDR = "10.40.0.0/16"
# What a node without a way out still has to reach: Session Manager, its logs, its lifecycle.
_INTERFACES = {
    "Ssm": ec2.InterfaceVpcEndpointAwsService.SSM,
    "SsmMessages": ec2.InterfaceVpcEndpointAwsService.SSM_MESSAGES,
    "Ec2Messages": ec2.InterfaceVpcEndpointAwsService.EC2_MESSAGES,
    "Logs": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
    "Monitoring": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_MONITORING,
    "AutoScaling": ec2.InterfaceVpcEndpointAwsService.AUTOSCALING,
}


class NetworkStack(MarqueeStack):
    """Isolated subnets with gateway endpoints: S3 and DynamoDB are reached without a NAT."""

    def __init__(self, scope: Construct, id: str, *, config: StageConfig) -> None:
        """Subnets for the load balancer's VPC origin and the nodes, in pinned zones."""
        super().__init__(scope, id, config=config)
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(CIDR),
            availability_zones=list(config.availability_zones),
            nat_gateways=config.nat_gateways,
            subnet_configuration=self._subnets(config),
            restrict_default_security_group=False,  # a custom resource for what nothing uses
        )
        acknowledge(
            self.vpc,
            "pinned: an account's own order of zones would move subnets, and the nodes in them",
            "CloudFormation-Validate::W3010",
        )
        self.s3_endpoint = self.vpc.add_gateway_endpoint(
            "S3", service=ec2.GatewayVpcEndpointAwsService.S3
        )
        self.vpc.add_gateway_endpoint("DynamoDb", service=ec2.GatewayVpcEndpointAwsService.DYNAMODB)
        if config.interface_endpoints:
            self._interface_endpoints(config)
        self._flow_log(config)
        CfnOutput(self, "VpcId", value=self.vpc.vpc_id)

    def _subnets(self, config: StageConfig) -> list[ec2.SubnetConfiguration]:
        # CloudFront reaches a VPC origin only where the VPC has an internet gateway, which
        # comes with a public subnet; nothing runs in it unless a stage wants NAT gateways.
        inner = (
            ec2.SubnetType.PRIVATE_WITH_EGRESS
            if config.nat_gateways
            else ec2.SubnetType.PRIVATE_ISOLATED
        )
        return [
            ec2.SubnetConfiguration(
                name="Edge", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=24,
                map_public_ip_on_launch=False,
            ),
            ec2.SubnetConfiguration(name="Fleet", subnet_type=inner, cidr_mask=20),
        ]  # fmt: skip

    def _interface_endpoints(self, config: StageConfig) -> None:
        group = ec2.SecurityGroup(
            self,
            "Endpoints",
            vpc=self.vpc,
            description="Interface endpoints: HTTPS from inside the VPC",
            allow_all_outbound=False,
        )
        group.add_ingress_rule(ec2.Peer.ipv4(CIDR), ec2.Port.HTTPS, "From the VPC")
        services = dict(_INTERFACES)
        if config.fleet.own_image:
            services["ImageBuilder"] = ec2.InterfaceVpcEndpointAwsService.IMAGE_BUILDER
        for name, service in services.items():
            self.vpc.add_interface_endpoint(
                name, service=service, security_groups=[group], open=False
            )

    def _flow_log(self, config: StageConfig) -> None:
        group = logs.LogGroup(
            self,
            "FlowLogs",
            retention=retention(config.log_retention_days),
            removal_policy=removal_policy(config),
        )
        self.vpc.add_flow_log(
            "FlowLog",
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(group),
            traffic_type=ec2.FlowLogTrafficType.REJECT,
        )
