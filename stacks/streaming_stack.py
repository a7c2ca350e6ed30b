"""Streaming: the nginx fleet that serves media to CloudFront, and its load balancer."""

from __future__ import annotations

from aws_cdk import CfnOutput, Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.config import StageConfig
from stacks.constructs import metrics
from stacks.constructs.alarm import MarqueeAlarm
from stacks.constructs.fleet import Fleet
from stacks.constructs.node import DRAIN_TIME, NODE_PORT, StreamingNode
from stacks.constructs.node_alarms import NodeAlarms
from stacks.constructs.stack import MarqueeStack
from stacks.content_stack import ContentStack
from stacks.network_stack import NetworkStack

# AWS's own list of the addresses CloudFront connects to origins from. Its id is the same in
# every account of a region: aws ec2 describe-managed-prefix-lists
# --filters Name=prefix-list-name,Values=com.amazonaws.global.cloudfront.origin-facing
CLOUDFRONT_ORIGIN_FACING = {"us-east-1": "pl-3b927c52"}


class StreamingStack(MarqueeStack):
    """An internal load balancer, reached by CloudFront alone, and the nodes behind it."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: StageConfig,
        network: NetworkStack,
        content: ContentStack,
    ) -> None:
        """Nodes read the media bucket through the network's S3 endpoint."""
        super().__init__(scope, id, config=config)
        subnets = network.vpc.isolated_subnets or network.vpc.private_subnets
        node = StreamingNode(
            self,
            "Node",
            vpc=network.vpc,
            subnets=subnets,
            config=config,
            media_bucket=content.media_bucket,
            log_bucket=content.log_bucket,
        )
        self.load_balancer = self._load_balancer(config, network.vpc, subnets, content.log_bucket)
        self.target_group = self._target_group(network.vpc)
        self._listen(node)
        self.alarms = self._alarms()
        counted = None
        if config.fleet.own_image:
            counted = NodeAlarms(self, "NodeAlarms", namespace=metrics.own_namespace(config))
        self.group = Fleet(
            self,
            "Fleet",
            vpc=network.vpc,
            subnets=subnets,
            config=config.fleet,
            node=node,
            load_balancer=self.load_balancer,
            target_group=self.target_group,
            # A new fleet is cold, and has the right to be: its misses roll nothing back.
            rollback_alarms=[*self.alarms, *([counted.store_errors] if counted else [])],
        ).group
        if counted:
            counted.expect_counts_of(self.group)
        CfnOutput(self, "LoadBalancerDomain", value=self.load_balancer.load_balancer_dns_name)
        CfnOutput(self, "TargetGroupArn", value=self.target_group.target_group_arn)

    def _load_balancer(
        self,
        config: StageConfig,
        vpc: ec2.IVpc,
        subnets: list[ec2.ISubnet],
        log_bucket: s3.Bucket,
    ) -> elbv2.ApplicationLoadBalancer:
        security_group = ec2.SecurityGroup(
            self,
            "LoadBalancerSecurityGroup",
            vpc=vpc,
            description="Streaming load balancer: in from CloudFront, out to the nodes",
            allow_all_outbound=False,
        )
        security_group.add_ingress_rule(
            ec2.Peer.prefix_list(CLOUDFRONT_ORIGIN_FACING[config.region]),
            ec2.Port.HTTP,
            "CloudFront VPC origin",
        )
        load_balancer = elbv2.ApplicationLoadBalancer(
            self,
            "LoadBalancer",
            vpc=vpc,
            vpc_subnets=ec2.SubnetSelection(subnets=subnets),
            internet_facing=False,
            security_group=security_group,
            idle_timeout=Duration.seconds(60),
            drop_invalid_header_fields=True,
            deletion_protection=config.retain_data,
        )
        load_balancer.log_access_logs(log_bucket, prefix="load-balancer")
        return load_balancer

    def _target_group(self, vpc: ec2.IVpc) -> elbv2.ApplicationTargetGroup:
        return elbv2.ApplicationTargetGroup(
            self,
            "Nodes",
            vpc=vpc,
            port=NODE_PORT,
            protocol=elbv2.ApplicationProtocol.HTTP,
            target_type=elbv2.TargetType.INSTANCE,
            deregistration_delay=DRAIN_TIME,
            load_balancing_algorithm_type=(
                elbv2.TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS
            ),
            health_check=elbv2.HealthCheck(
                # Answered by reading an object from S3, past the cache.
                path="/healthz",
                healthy_http_codes="200",
                interval=Duration.seconds(10),
                timeout=Duration.seconds(5),
                healthy_threshold_count=2,
                unhealthy_threshold_count=3,
            ),
        )

    def _listen(self, node: StreamingNode) -> None:
        # Plain HTTP inside the VPC; viewers speak TLS to CloudFront, which alone may connect.
        self.load_balancer.add_listener(
            "Http",
            port=80,
            protocol=elbv2.ApplicationProtocol.HTTP,
            open=False,
            default_target_groups=[self.target_group],
        )
        self.load_balancer.connections.allow_to(
            node.security_group, ec2.Port.tcp(NODE_PORT), "Load balancer to nodes"
        )

    def _alarms(self) -> list[MarqueeAlarm]:
        errors = elbv2.HttpCodeTarget.TARGET_5XX_COUNT
        nodes = self.target_group.metrics
        return [
            MarqueeAlarm(
                self,
                "FleetUnhealthyHosts",
                summary="Streaming nodes fail their health check: they cannot read from S3.",
                metric=nodes.unhealthy_host_count(period=metrics.MINUTE, statistic="Maximum"),
                threshold=1,
                evaluation_periods=10,
            ),
            MarqueeAlarm(
                self,
                "FleetErrors",
                summary="More than 1 % of the fleet's answers are 5xx.",
                metric=metrics.percentage(
                    nodes.http_code_target(errors, period=metrics.MINUTE),
                    nodes.request_count(period=metrics.MINUTE),
                    label="Fleet 5xx %",
                ),
                threshold=1,
                evaluation_periods=3,
            ),
        ]
