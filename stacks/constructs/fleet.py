"""The autoscaling group of the streaming fleet and the policies that size it."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

from stacks.config import FleetConfig
from stacks.constructs.acknowledge import acknowledge
from stacks.constructs.node import DRAIN_TIME, StreamingNode

# From launch to a first byte, with room for the slower way of a node that installs as it boots.
WARM_UP = Duration.seconds(180)
# After the last node came, so long an alarm may still roll the refresh back: the slowest of them
# looks at ten minutes, and a metric is a minute or two late.
BAKE_TIME = Duration.minutes(15)


class Fleet(Construct):
    """Nodes bought on demand and as Spot, sized by requests and by bytes sent."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc,
        subnets: Sequence[ec2.ISubnet],
        config: FleetConfig,
        node: StreamingNode,
        load_balancer: elbv2.ApplicationLoadBalancer,
        target_group: elbv2.ApplicationTargetGroup,
        rollback_alarms: Sequence[cloudwatch.Alarm],
    ) -> None:
        """Make the group behind `target_group`; a refresh fails on any of the alarms."""
        super().__init__(scope, id)
        self._config = config
        self.group = autoscaling.AutoScalingGroup(
            self,
            "Group",
            vpc=vpc,
            vpc_subnets=ec2.SubnetSelection(subnets=list(subnets)),
            min_capacity=config.minimum,
            max_capacity=config.maximum,
            mixed_instances_policy=_purchase(config, node.template),
            capacity_rebalance=True,
            default_instance_warmup=WARM_UP,
            group_metrics=[autoscaling.GroupMetrics.all()],
            health_checks=autoscaling.HealthChecks.with_additional_checks(
                additional_types=[autoscaling.AdditionalHealthCheckType.ELB],
                grace_period=Duration.minutes(5),
            ),
            # The health check needs S3. Were S3 to fail, replacing nodes would only make it
            # worse: a node goes when its successor is healthy, and not before.
            min_healthy_percentage=100,
            max_healthy_percentage=110,
            max_instance_lifetime=Duration.days(30),
            update_policy=_refresh(rollback_alarms),
        )
        self.group.attach_to_application_target_group(target_group)
        acknowledge(
            self.group,
            "every scaling event is on the account's event bus, and a topic that nobody reads "
            "adds nothing",
            "AwsSolutions-AS3",
        )
        acknowledge(
            self.group,
            "the launch template encrypts both volumes; the rule doesn't look into it",
            "AwsSolutions-EC26",
        )
        self._drain()
        self._scale(load_balancer, target_group)

    def _drain(self) -> None:
        # The node watches for its termination itself; the hook only grants it the time.
        self.group.add_lifecycle_hook(
            "Drain",
            lifecycle_transition=autoscaling.LifecycleTransition.INSTANCE_TERMINATING,
            heartbeat_timeout=Duration.seconds(DRAIN_TIME.to_seconds() + 20),
            default_result=autoscaling.DefaultResult.CONTINUE,
        )

    def _scale(
        self,
        load_balancer: elbv2.ApplicationLoadBalancer,
        target_group: elbv2.ApplicationTargetGroup,
    ) -> None:
        config = self._config
        self.group.scale_on_request_count(
            "Requests", target_requests_per_minute=config.requests_per_target
        )
        # Segments differ in size by ten times between renditions, so requests alone mislead.
        # The metric is bytes per node and minute, as monitoring is detailed: one sample a
        # minute. (The group's own method for it takes bytes per second, but doesn't convert.)
        autoscaling.TargetTrackingScalingPolicy(
            self,
            "BytesOut",
            auto_scaling_group=self.group,
            predefined_metric=autoscaling.PredefinedMetric.ASG_AVERAGE_NETWORK_OUT,
            target_value=config.bytes_out_per_target,
        )
        if config.predictive_scaling:
            self._predict(load_balancer, target_group)

    def _predict(
        self,
        load_balancer: elbv2.ApplicationLoadBalancer,
        target_group: elbv2.ApplicationTargetGroup,
    ) -> None:
        policy = autoscaling.CfnScalingPolicy
        label = f"{load_balancer.load_balancer_full_name}/{target_group.target_group_full_name}"
        prediction = policy.PredictiveScalingConfigurationProperty(
            mode="ForecastAndScale",
            # Evenings come every day: nodes are up ten minutes before the viewers are.
            scheduling_buffer_time=600,
            metric_specifications=[
                policy.PredictiveScalingMetricSpecificationProperty(
                    target_value=self._config.requests_per_target,
                    predefined_metric_pair_specification=policy.PredictiveScalingPredefinedMetricPairProperty(
                        predefined_metric_type="ALBRequestCount", resource_label=label
                    ),
                )
            ],
        )
        policy(
            self,
            "Forecast",
            auto_scaling_group_name=self.group.auto_scaling_group_name,
            policy_type="PredictiveScaling",
            predictive_scaling_configuration=prediction,
        )


def _purchase(
    config: FleetConfig, template: ec2.ILaunchTemplate
) -> autoscaling.MixedInstancesPolicy:
    return autoscaling.MixedInstancesPolicy(
        launch_template=template,
        launch_template_overrides=[
            autoscaling.LaunchTemplateOverrides(instance_type=ec2.InstanceType(name))
            for name in config.instance_types
        ],
        instances_distribution=autoscaling.InstancesDistribution(
            on_demand_base_capacity=config.on_demand_base,
            on_demand_percentage_above_base_capacity=config.on_demand_percent,
            spot_allocation_strategy=autoscaling.SpotAllocationStrategy.PRICE_CAPACITY_OPTIMIZED,
        ),
    )


def _refresh(alarms: Sequence[cloudwatch.Alarm]) -> autoscaling.UpdatePolicy:
    # A failed refresh fails the update, and CloudFormation refreshes back to the old template.
    return autoscaling.UpdatePolicy.instance_refresh(
        strategy=autoscaling.InstanceRefreshStrategy.ROLLING,
        min_healthy_percentage=100,
        max_healthy_percentage=120,
        instance_warmup=WARM_UP,
        bake_time=BAKE_TIME,
        alarms=list(alarms),
    )
