"""The network stack."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stacks.config import STAGES
from tests.infrastructure.synthesis import Template

Find = Callable[..., Template]


@pytest.mark.parametrize("stage", STAGES)
def test_no_stage_has_an_always_on_nat(template: Find, stage: str):
    assert template("network", stage).of_type("AWS::EC2::NatGateway") == {}


@pytest.mark.parametrize("stage", STAGES)
def test_zones_are_the_stages_own(template: Find, stage: str):
    subnets = template("network", stage).properties("AWS::EC2::Subnet")
    assert {subnet["AvailabilityZone"] for subnet in subnets} == set(
        STAGES[stage].availability_zones
    )


def test_no_subnet_gives_public_addresses(template: Find):
    subnets = template("network").properties("AWS::EC2::Subnet")
    assert not any(subnet.get("MapPublicIpOnLaunch") for subnet in subnets)


def test_s3_and_dynamodb_are_reached_through_gateways(template: Find):
    gateways = [
        str(endpoint["ServiceName"])
        for endpoint in template("network", "dev").properties("AWS::EC2::VPCEndpoint")
        if endpoint["VpcEndpointType"] == "Gateway"
    ]
    assert [".s3" in name for name in gateways] == [True, False]
    assert [".dynamodb" in name for name in gateways] == [False, True]


def test_dev_pays_for_no_interface_endpoint(template: Find):
    kinds = {
        endpoint["VpcEndpointType"]
        for endpoint in template("network", "dev").properties("AWS::EC2::VPCEndpoint")
    }
    assert kinds == {"Gateway"}


def test_prod_nodes_reach_session_manager_without_a_way_out(template: Find):
    names = str(template("network").properties("AWS::EC2::VPCEndpoint"))
    for service in ("ssm", "ssmmessages", "ec2messages", "logs"):
        assert f".{service}'" in names, service


def test_interface_endpoints_answer_the_vpc_alone(template: Find):
    rules = [
        rule
        for group in template("network").properties("AWS::EC2::SecurityGroup")
        for rule in group["SecurityGroupIngress"]
    ]
    assert [(rule["CidrIp"], rule["FromPort"]) for rule in rules] == [("10.40.0.0/16", 443)]


@pytest.mark.parametrize("stage", STAGES)
def test_the_vpc_has_a_flow_log(template: Find, stage: str):
    assert template("network", stage).only("AWS::EC2::FlowLog")["ResourceType"] == "VPC"
