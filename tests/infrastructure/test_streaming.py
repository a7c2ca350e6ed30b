"""The streaming stack: who may reach the fleet, what it runs on, and how it grows and shrinks."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stacks.config import STAGES
from streaming import watch
from tests.infrastructure.synthesis import Template

Find = Callable[..., Template]
GROUP = "AWS::AutoScaling::AutoScalingGroup"


@pytest.fixture
def streaming(template: Find) -> Template:
    return template("streaming")


@pytest.fixture
def node(streaming: Template) -> dict[str, Any]:
    data: dict[str, Any] = streaming.only("AWS::EC2::LaunchTemplate")["LaunchTemplateData"]
    return data


@pytest.fixture
def group(streaming: Template) -> dict[str, Any]:
    return streaming.only(GROUP)


def _ingress(streaming: Template, name: str) -> list[dict[str, Any]]:
    """Rules into a security group, wherever CDK put them."""
    inline = streaming.named("AWS::EC2::SecurityGroup", name).get("SecurityGroupIngress", [])
    apart = [
        rule
        for rule in streaming.properties("AWS::EC2::SecurityGroupIngress")
        if str(rule["GroupId"]).find(name) >= 0
    ]
    return [*inline, *apart]


def test_the_load_balancer_is_not_on_the_internet(streaming: Template) -> None:
    balancer = streaming.only("AWS::ElasticLoadBalancingV2::LoadBalancer")
    assert balancer["Scheme"] == "internal"


def test_the_load_balancer_takes_connections_from_cloudfront_alone(streaming: Template) -> None:
    rules = _ingress(streaming, "LoadBalancerSecurityGroup")
    assert [rule["SourcePrefixListId"] for rule in rules] == ["pl-3b927c52"]


def test_nodes_take_connections_from_the_load_balancer_alone(streaming: Template) -> None:
    (rule,) = _ingress(streaming, "NodeSecurityGroup")
    source = rule["SourceSecurityGroupId"]["Fn::GetAtt"][0]
    assert (source.startswith("LoadBalancerSecurityGroup"), rule["FromPort"]) == (True, 8080)


def test_no_address_range_may_connect_to_anything(streaming: Template) -> None:
    rules = streaming.properties("AWS::EC2::SecurityGroupIngress") + [
        rule
        for group in streaming.properties("AWS::EC2::SecurityGroup")
        for rule in group.get("SecurityGroupIngress", [])
    ]
    assert not [rule for rule in rules if "CidrIp" in rule or "CidrIpv6" in rule]


def test_access_logs_of_the_load_balancer_are_kept(streaming: Template) -> None:
    balancer = streaming.only("AWS::ElasticLoadBalancingV2::LoadBalancer")
    attributes = {item["Key"]: item["Value"] for item in balancer["LoadBalancerAttributes"]}
    assert attributes["access_logs.s3.enabled"] == "true"


@pytest.mark.parametrize(("stage", "protected"), [("prod", "true"), ("dev", "false")])
def test_only_a_stage_that_retains_data_guards_its_load_balancer(
    template: Find, stage: str, protected: str
) -> None:
    balancer = template("streaming", stage).only("AWS::ElasticLoadBalancingV2::LoadBalancer")
    attributes = {item["Key"]: item["Value"] for item in balancer["LoadBalancerAttributes"]}
    assert attributes["deletion_protection.enabled"] == protected


def test_instance_metadata_needs_a_session_token(node: dict[str, Any]) -> None:
    assert node["MetadataOptions"] == {"HttpTokens": "required", "HttpPutResponseHopLimit": 1}


def test_there_is_no_key_pair(node: dict[str, Any]) -> None:
    assert "KeyName" not in node


def test_every_volume_is_encrypted_gp3(node: dict[str, Any]) -> None:
    volumes = [mapping["Ebs"] for mapping in node["BlockDeviceMappings"]]
    assert [(volume["Encrypted"], volume["VolumeType"]) for volume in volumes] == [
        (True, "gp3"),
        (True, "gp3"),
    ]


def test_a_stage_without_an_image_of_its_own_boots_amazon_linux_2023_on_arm(template: Find) -> None:
    streaming = template("streaming", "dev")
    node = streaming.only("AWS::EC2::LaunchTemplate")["LaunchTemplateData"]
    parameter = streaming.body["Parameters"][node["ImageId"]["Ref"]]
    assert parameter["Type"] == "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>"
    assert "al2023" in parameter["Default"]
    assert parameter["Default"].endswith("arm64")


def test_monitoring_is_detailed_as_bytes_out_are_tracked_by_the_minute(
    node: dict[str, Any],
) -> None:
    assert node["Monitoring"] == {"Enabled": True}


def test_the_image_is_the_one_that_the_deployment_built(
    streaming: Template, node: dict[str, Any]
) -> None:
    (image,) = streaming.of_type("AWS::ImageBuilder::Image")
    assert node["ImageId"] == {"Fn::GetAtt": [image, "ImageId"]}


def test_the_image_is_built_from_the_components_on_amazon_linux_2023_on_arm(
    streaming: Template,
) -> None:
    recipe = streaming.only("AWS::ImageBuilder::ImageRecipe")
    built = [part["ComponentArn"]["Fn::GetAtt"][0] for part in recipe["Components"]]
    assert built == list(streaming.of_type("AWS::ImageBuilder::Component"))
    assert len(built) == 2
    assert "amazon-linux-2023-arm64" in json.dumps(recipe["ParentImage"])


def test_another_component_is_another_version(streaming: Template) -> None:
    components = streaming.properties("AWS::ImageBuilder::Component")
    recipe = streaming.only("AWS::ImageBuilder::ImageRecipe")
    for component in components:
        assert component["Version"].endswith(f".{_digest(component['Data'])}")
    # Of whichever part: else the recipe would keep its version, and building it would fail.
    together = "".join(component["Data"] for component in components)
    assert recipe["Version"].endswith(f".{_digest(together)}")


def _digest(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest()[:7], 16)


def test_the_builder_takes_no_connection(streaming: Template) -> None:
    group = streaming.named("AWS::EC2::SecurityGroup", "NodeImageBuilder")
    assert "SecurityGroupIngress" not in group
    assert [rule["ToPort"] for rule in group["SecurityGroupEgress"]] == [443]


def test_a_builder_without_a_way_out_reaches_what_it_needs(template: Find) -> None:
    endpoints = json.dumps(template("network").properties("AWS::EC2::VPCEndpoint"))
    for service in ("imagebuilder", "ssm", "ssmmessages", "ec2messages", "monitoring"):
        assert f"com.amazonaws.us-east-1.{service}" in endpoints
    assert '".s3"' in endpoints  # the gateway, whose name CDK joins from the region


def _text(node: dict[str, Any]) -> str:
    parts = node["UserData"]["Fn::Base64"]["Fn::Join"][1]
    return "".join(part if isinstance(part, str) else json.dumps(part) for part in parts)


def test_user_data_holds_the_nodes_nginx_with_the_buckets_own_name(node: dict[str, Any]) -> None:
    text = _text(node)
    assert "RegionalDomainName" in text
    assert "proxy_pass https://media;" in text


def test_only_a_node_without_an_image_installs_as_it_boots(
    template: Find, node: dict[str, Any]
) -> None:
    other = template("streaming", "dev").only("AWS::EC2::LaunchTemplate")["LaunchTemplateData"]
    assert ("dnf" in _text(node), "dnf install -y nginx" in _text(other)) == (False, True)


def test_a_node_may_write_its_probe_its_logs_and_its_counts_and_read_nothing(
    streaming: Template,
) -> None:
    assert streaming.granted("NodeRole") == {"s3:PutObject", "cloudwatch:PutMetricData"}


def test_a_node_counts_in_its_own_stages_namespace_alone(streaming: Template) -> None:
    (statement,) = (one for _, one in streaming.statements() if one.get("Sid") == "Count")
    assert statement["Condition"] == {
        "StringEquals": {"cloudwatch:namespace": "Marquee/prod"},
    }


def test_a_node_is_reached_by_session_manager(streaming: Template) -> None:
    policies = json.dumps(streaming.named("AWS::IAM::Role", "NodeRole")["ManagedPolicyArns"])
    assert "AmazonSSMManagedInstanceCore" in policies


@pytest.mark.parametrize("stage", list(STAGES))
def test_nodes_are_bought_as_the_stage_says(template: Find, stage: str) -> None:
    fleet = STAGES[stage].fleet
    policy = template("streaming", stage).only(GROUP)["MixedInstancesPolicy"]
    assert policy["InstancesDistribution"] == {
        "OnDemandBaseCapacity": fleet.on_demand_base,
        "OnDemandPercentageAboveBaseCapacity": fleet.on_demand_percent,
        "SpotAllocationStrategy": "price-capacity-optimized",
    }
    overrides = [item["InstanceType"] for item in policy["LaunchTemplate"]["Overrides"]]
    assert overrides == list(fleet.instance_types)


def test_spot_nodes_are_replaced_before_they_are_taken(group: dict[str, Any]) -> None:
    assert group["CapacityRebalance"] is True


def test_the_fleet_replaces_what_the_load_balancer_calls_ill(group: dict[str, Any]) -> None:
    assert group["HealthCheckType"] == "ELB"


def test_no_node_goes_before_its_successor_is_healthy(group: dict[str, Any]) -> None:
    # Else an outage of S3, which fails every health check, would take the whole fleet.
    assert group["InstanceMaintenancePolicy"]["MinHealthyPercentage"] == 100


def test_a_cold_node_does_not_count_yet(group: dict[str, Any]) -> None:
    assert group["DefaultInstanceWarmup"] == 180


def test_the_health_check_reads_from_s3(streaming: Template) -> None:
    target = streaming.only("AWS::ElasticLoadBalancingV2::TargetGroup")
    assert (target["HealthCheckPath"], target["Matcher"]) == ("/healthz", {"HttpCode": "200"})


def test_a_terminating_node_gets_the_time_to_drain(streaming: Template) -> None:
    hook = streaming.only("AWS::AutoScaling::LifecycleHook")
    target = streaming.only("AWS::ElasticLoadBalancingV2::TargetGroup")
    delays = {item["Key"]: item["Value"] for item in target["TargetGroupAttributes"]}
    assert hook["LifecycleTransition"] == "autoscaling:EC2_INSTANCE_TERMINATING"
    assert hook["HeartbeatTimeout"] > int(delays["deregistration_delay.timeout_seconds"])


def _tracking(streaming: Template) -> dict[str, float]:
    return {
        policy["TargetTrackingConfiguration"]["PredefinedMetricSpecification"][
            "PredefinedMetricType"
        ]: policy["TargetTrackingConfiguration"]["TargetValue"]
        for policy in streaming.properties("AWS::AutoScaling::ScalingPolicy")
        if policy["PolicyType"] == "TargetTrackingScaling"
    }


def test_the_fleet_follows_requests_and_bytes_both_by_the_minute(streaming: Template) -> None:
    fleet = STAGES["prod"].fleet
    assert _tracking(streaming) == {
        "ALBRequestCountPerTarget": fleet.requests_per_target,
        "ASGAverageNetworkOut": fleet.bytes_out_per_target,
    }


@pytest.mark.parametrize(("stage", "policies"), [("prod", 1), ("dev", 0)])
def test_only_a_stage_with_evenings_forecasts(template: Find, stage: str, policies: int) -> None:
    found = [
        policy
        for policy in template("streaming", stage).properties("AWS::AutoScaling::ScalingPolicy")
        if policy["PolicyType"] == "PredictiveScaling"
    ]
    assert len(found) == policies


def test_an_instance_refresh_is_rolled_back_by_alarms(streaming: Template) -> None:
    (group,) = streaming.of_type(GROUP).values()
    refresh = group["UpdatePolicy"]["AutoScalingInstanceRefresh"]["Preferences"]
    alarms = [alarm["Ref"] for alarm in refresh["AlarmSpecification"]["Alarms"]]
    names = sorted(name.rstrip("0123456789ABCDEF") for name in alarms)
    assert names == ["FleetErrors", "FleetUnhealthyHosts", "NodeAlarmsFleetUpstreamErrors"]
    assert refresh["MinHealthyPercentage"] == 100


ALARM = "AWS::CloudWatch::Alarm"


def _of_metrics(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    """The metrics that an alarm looks at, by itself or in an expression."""
    if "Metrics" not in alarm:
        return [alarm]
    return [one["MetricStat"]["Metric"] for one in alarm["Metrics"] if "MetricStat" in one]


def test_what_alarms_look_at_of_the_nodes_is_what_the_nodes_publish(
    streaming: Template, tmp_path: Path
) -> None:
    published = {
        (one["MetricName"], json.dumps(one["Dimensions"]))
        for one in watch.Watch(tmp_path / "access.log", tmp_path, floor=1).metrics(0)
    }
    looked_at = {
        (metric["MetricName"], json.dumps(metric["Dimensions"]))
        for alarm in streaming.properties(ALARM)
        for metric in _of_metrics(alarm)
        if metric["Namespace"] == "Marquee/prod"
    }
    assert len(looked_at) == 7
    assert looked_at <= published


def test_nodes_whose_watcher_is_dead_ring(streaming: Template) -> None:
    alarm = streaming.named(ALARM, "NodeAlarmsFleetNotCounted")
    (group,) = streaming.of_type(GROUP)
    expressions = [one["Expression"] for one in alarm["Metrics"] if "Expression" in one]
    nodes, beats = sorted(_of_metrics(alarm), key=lambda metric: metric["Namespace"])
    assert expressions == ["nodes - FILL(beats, 0) / 5"]
    assert nodes["Dimensions"] == [{"Name": "AutoScalingGroupName", "Value": {"Ref": group}}]
    assert (beats["MetricName"], alarm["TreatMissingData"]) == ("Heartbeats", "breaching")
    # A beat is published once a minute and the sum is of five.
    assert (watch.PUBLISH_SECONDS, alarm["Metrics"][1]["MetricStat"]["Period"]) == (60, 300)


def test_a_few_errors_of_the_store_roll_no_refresh_back(streaming: Template) -> None:
    alarm = streaming.named(ALARM, "NodeAlarmsFleetUpstreamErrors")
    (expression,) = (one["Expression"] for one in alarm["Metrics"] if "Expression" in one)
    assert expression == "IF(errors >= 10, 100 * errors / requests, 0)"


def test_a_refresh_waits_until_every_alarm_has_seen_the_last_node(streaming: Template) -> None:
    (group,) = streaming.of_type(GROUP).values()
    refresh = group["UpdatePolicy"]["AutoScalingInstanceRefresh"]["Preferences"]
    for alarm in refresh["AlarmSpecification"]["Alarms"]:
        looks = streaming.body["Resources"][alarm["Ref"]]["Properties"]
        period = looks.get("Period") or next(
            one["MetricStat"]["Period"] for one in looks["Metrics"] if "MetricStat" in one
        )
        assert looks["EvaluationPeriods"] * period + 120 <= refresh["BakeTime"]
