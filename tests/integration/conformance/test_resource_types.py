"""CloudFormation types that upstream lacks: made, changed, deleted, or recorded and said so."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from conformance import unique
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from local.emulator.resources.recorded import RECORDED_TYPES
from scripts.operators.deployment import ROOT

# What AWS needs for each type that has a required property its references are made of.
NEEDED = {
    "AWS::ApplicationAutoScaling::ScalableTarget": {
        "ResourceId": "table/films",
        "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
        "ServiceNamespace": "dynamodb",
    },
    "AWS::AutoScaling::WarmPool": {"AutoScalingGroupName": "fleet"},
    "AWS::Logs::DeliveryDestination": {"Name": "destination"},
    "AWS::Logs::DeliverySource": {"Name": "source"},
    "AWS::WAFv2::LoggingConfiguration": {"ResourceArn": "arn:aws:wafv2:us-east-1:0:acl"},
}


def res(type_: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::{type_}", "Properties": properties}


def ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def att(name: str, attribute: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [name, attribute]}


NETWORK = {
    "Vpc": res("EC2::VPC", CidrBlock="10.0.0.0/16"),
    "Subnet": res("EC2::Subnet", VpcId=ref("Vpc"), CidrBlock="10.0.1.0/24"),
    "Group": res("EC2::SecurityGroup", GroupDescription="nodes", VpcId=ref("Vpc")),
}


def public_key() -> str:
    return (
        rsa.generate_private_key(public_exponent=65537, key_size=2048)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def test_network(aws):
    rule = {"GroupId": att("Group", "GroupId"), "IpProtocol": "tcp"}
    stack = aws.deploy(
        NETWORK
        | {
            "Address": res("EC2::EIP", Domain="vpc"),
            "Gateway": res(
                "EC2::NatGateway",
                SubnetId=ref("Subnet"),
                AllocationId=att("Address", "AllocationId"),
            ),
            "In": res(
                "EC2::SecurityGroupIngress", **rule, FromPort="443", ToPort=443, CidrIp="10.0.0.0/8"
            ),
            "Out": res(
                "EC2::SecurityGroupEgress",
                **rule,
                FromPort=80,
                ToPort=80,
                DestinationSecurityGroupId=att("Group", "GroupId"),
            ),
            "Flow": res(
                "EC2::FlowLog",
                ResourceId=ref("Vpc"),
                ResourceType="VPC",
                TrafficType="REJECT",
                LogDestinationType="s3",
                LogDestination="arn:aws:s3:::logs",
            ),
        },
        {"Gateway": ref("Gateway"), "Group": att("Group", "GroupId"), "Flow": ref("Flow")},
    )
    ec2 = aws.client("ec2")
    (group,) = ec2.describe_security_groups(GroupIds=[stack.Group])["SecurityGroups"]
    assert (443, 443) in [(p.get("FromPort"), p.get("ToPort")) for p in group["IpPermissions"]]
    egress = [p for p in group["IpPermissionsEgress"] if p.get("FromPort") == 80]
    assert egress[0]["UserIdGroupPairs"][0]["GroupId"] == stack.Group
    assert ec2.describe_nat_gateways(NatGatewayIds=[stack.Gateway])["NatGateways"]
    assert ec2.describe_flow_logs(FlowLogIds=[stack.Flow])["FlowLogs"]
    aws.client("cloudformation").delete_stack(StackName=stack.name)
    assert not ec2.describe_flow_logs(FlowLogIds=[stack.Flow])["FlowLogs"]


def test_signing_keys(aws):
    names = [unique("key"), unique("key")]
    keys = {
        f"Key{number}": res(
            "CloudFront::PublicKey",
            PublicKeyConfig={"Name": name, "CallerReference": name, "EncodedKey": public_key()},
        )
        for number, name in enumerate(names)
    }
    group = res(
        "CloudFront::KeyGroup",
        KeyGroupConfig={"Name": unique("group"), "Items": [ref("Key0"), ref("Key1")]},
    )
    stack = aws.deploy(
        {**keys, "Group": group}, {"Group": ref("Group"), "A": ref("Key0"), "B": ref("Key1")}
    )
    found = aws.client("cloudfront").get_key_group(Id=stack.Group)["KeyGroup"]
    assert set(found["KeyGroupConfig"]["Items"]) == {stack.A, stack.B}


def test_a_vpc_origin_has_the_defaults_of_its_template(aws):
    config = {"Name": unique("origin"), "Arn": ref("Balancer")}
    stack = aws.deploy(
        NETWORK
        | {
            "Balancer": res("ElasticLoadBalancingV2::LoadBalancer", Subnets=[ref("Subnet")]),
            "Origin": res("CloudFront::VpcOrigin", VpcOriginEndpointConfig=config),
        },
        {"Origin": att("Origin", "Id")},
    )
    found = aws.client("cloudfront").get_vpc_origin(Id=stack.Origin)["VpcOrigin"]
    assert found["VpcOriginEndpointConfig"]["HTTPSPort"] == 443


def metric_math(threshold: int) -> dict[str, Any]:
    metric = {"Metric": {"Namespace": "Marquee", "MetricName": "Errors"}, "Period": 60}
    return res(
        "CloudWatch::Alarm",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        Threshold=threshold,
        Metrics=[
            {"Id": "errors", "MetricStat": {**metric, "Stat": "Sum"}, "ReturnData": False},
            {"Id": "rate", "Expression": "errors / 60", "ReturnData": True},
        ],
    )


def test_alarms_on_metric_math_and_on_alarms(aws, emulator):
    both = res("CloudWatch::CompositeAlarm", AlarmRule={"Fn::Sub": 'ALARM("${Rate}")'})
    resources = {"Rate": metric_math(5), "Both": both}
    stack = aws.deploy(resources, {"Rate": ref("Rate"), "Both": ref("Both")})
    alarms = aws.client("cloudwatch")
    (rate,) = alarms.describe_alarms(AlarmNames=[stack.Rate])["MetricAlarms"]
    assert rate["ComparisonOperator"] == "GreaterThanThreshold"
    (both,) = alarms.describe_alarms(AlarmNames=[stack.Both], AlarmTypes=["CompositeAlarm"])[
        "CompositeAlarms"
    ]
    assert both["AlarmRule"] == f'ALARM("{stack.Rate}")'
    # The emulator does not evaluate metric math, so it says so.
    recorded = [item for item in emulator.unsupported() if item["stack"] == stack.name]
    assert [item["logical_id"] for item in recorded] == ["Rate"]
    template = json.dumps({"Resources": {**resources, "Rate": metric_math(9)}})
    aws.client("cloudformation").update_stack(StackName=stack.name, TemplateBody=template)
    (rate,) = alarms.describe_alarms(AlarmNames=[stack.Rate])["MetricAlarms"]
    assert rate["Threshold"] == 9


def test_money_backups_queries_and_consumers(aws):
    name = unique("budget")
    spend = {"BudgetName": name, "BudgetType": "COST", "TimeUnit": "MONTHLY"}
    stack = aws.deploy(
        {
            "Budget": res(
                "Budgets::Budget", Budget={**spend, "BudgetLimit": {"Amount": 100, "Unit": "USD"}}
            ),
            "Vault": res("Backup::BackupVault", BackupVaultName=unique("vault")),
            "Plan": res(
                "Backup::BackupPlan",
                BackupPlan={
                    "BackupPlanName": unique("plan"),
                    "BackupPlanRule": [{"RuleName": "daily", "TargetBackupVault": ref("Vault")}],
                },
            ),
            "Selection": res(
                "Backup::BackupSelection",
                BackupPlanId=ref("Plan"),
                BackupSelection={
                    "SelectionName": "tables",
                    "IamRoleArn": "arn:aws:iam::000000000000:role/backup",
                    "Resources": ["arn:aws:dynamodb:us-east-1:000000000000:table/films"],
                },
            ),
            "Query": res(
                "Athena::NamedQuery", Database="lake", QueryString="SELECT 1", Name="watched"
            ),
            "Stream": res("Kinesis::Stream", ShardCount=1),
            "Consumer": res(
                "Kinesis::StreamConsumer",
                ConsumerName="fan-out",
                StreamARN=att("Stream", "Arn"),
                Tags=[{"Key": "team", "Value": "events"}],
            ),
        },
        {
            "Plan": ref("Plan"),
            "Query": ref("Query"),
            "Consumer": att("Consumer", "ConsumerARN"),
            "Stream": att("Stream", "Arn"),
        },
        Tags=[{"Key": "stage", "Value": "local"}],
    )
    budget = aws.client("budgets").describe_budget(AccountId="0" * 12, BudgetName=name)["Budget"]
    assert float(budget["BudgetLimit"]["Amount"]) == 100
    selections = aws.client("backup").list_backup_selections(BackupPlanId=stack.Plan)
    assert [s["SelectionName"] for s in selections["BackupSelectionsList"]] == ["tables"]
    query = aws.client("athena").get_named_query(NamedQueryId=stack.Query)["NamedQuery"]
    assert query["QueryString"] == "SELECT 1"
    consumers = aws.client("kinesis").list_stream_consumers(StreamARN=stack.Stream)["Consumers"]
    assert [consumer["ConsumerARN"] for consumer in consumers] == [stack.Consumer]


def test_a_model_package_group(aws):
    name = unique("models")
    stack = aws.deploy(
        {"Models": res("SageMaker::ModelPackageGroup", ModelPackageGroupName=name)},
        {"Arn": att("Models", "ModelPackageGroupArn")},
    )
    api = aws.client("sagemaker")
    found = api.describe_model_package_group(ModelPackageGroupName=name)
    assert found["ModelPackageGroupArn"] == stack.Arn
    aws.client("cloudformation").delete_stack(StackName=stack.name)
    with pytest.raises(ClientError, match="does not exist"):
        api.describe_model_package_group(ModelPackageGroupName=name)


def test_each_recorded_type_deploys_resolves_and_is_said(aws, emulator):
    resources, outputs = {}, {}
    for number, recorded in enumerate(RECORDED_TYPES):
        name = f"R{number}"
        resources[name] = {"Type": recorded.type, "Properties": NEEDED.get(recorded.type, {})}
        outputs[f"{name}Ref"] = ref(name)
        for at, attribute in enumerate(recorded.attributes):
            outputs[f"{name}Att{at}"] = att(name, attribute)
    stack = aws.deploy(resources, outputs)
    assert all(vars(stack).values())
    said = {item["type"] for item in emulator.unsupported() if item["stack"] == stack.name}
    assert said == {recorded.type for recorded in RECORDED_TYPES}
    aws.client("cloudformation").delete_stack(StackName=stack.name)
    assert stack.name not in {item["stack"] for item in emulator.unsupported()}


@pytest.mark.parametrize("recorded", RECORDED_TYPES, ids=lambda recorded: recorded.type)
def test_each_recorded_type_is_documented(recorded):
    assert f"- `{recorded.type}`\n" in (ROOT / "docs/local.md").read_text()


def test_an_attribute_that_a_recorded_type_does_not_have_fails_the_stack(aws):
    template = {
        "Resources": {"Document": res("SSM::Document")},
        "Outputs": {"Wrong": {"Value": att("Document", "NoSuchAttribute")}},
    }
    name = unique("stack")
    aws.client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))
    assert aws.stack(name)["StackStatus"] == "ROLLBACK_COMPLETE"


@pytest.mark.parametrize("type_", ["AWS::Imaginary::Thing", "AWS::SSM::Documents"])
def test_an_unknown_type_fails_its_template(aws, type_):
    template = json.dumps({"Resources": {"Thing": {"Type": type_}}})
    with pytest.raises(ClientError, match=f"Unrecognized resource types: .*{type_}"):
        aws.client("cloudformation").create_stack(StackName=unique("x"), TemplateBody=template)


def test_a_resource_that_its_api_refuses_fails_the_stack_with_the_reason(aws):
    name = unique("stack")
    bad = res("SageMaker::ModelPackageGroup", ModelPackageGroupName="not a name")
    aws.client("cloudformation").create_stack(
        StackName=name, TemplateBody=json.dumps({"Resources": {"Models": bad}})
    )
    assert aws.stack(name)["StackStatus"] == "ROLLBACK_COMPLETE"
    events = aws.client("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
    assert any("not a name" in event.get("ResourceStatusReason", "") for event in events)


def test_a_stack_operation_is_answered_when_it_has_ended(aws):
    """``cdk`` asks right after the answer, then every five seconds."""
    addresses = {f"Address{number}": res("EC2::EIP", Domain="vpc") for number in range(10)}
    stack, clouds = unique("stack"), aws.client("cloudformation")
    clouds.create_stack(StackName=stack, TemplateBody=json.dumps({"Resources": addresses}))
    arn, status = (aws.stack(stack)[key] for key in ("StackId", "StackStatus"))
    assert status == "CREATE_COMPLETE"
    clouds.delete_stack(StackName=stack)
    assert aws.stack(arn)["StackStatus"] == "DELETE_COMPLETE"


def test_the_newest_amazon_linux_image_is_a_public_parameter(aws):
    template = {
        "Parameters": {
            "Image": {
                "Type": "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>",
                "Default": "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-arm64",
            }
        },
        "Resources": {"Topic": res("SNS::Topic")},
        "Outputs": {"Image": {"Value": ref("Image")}},
    }
    name = unique("stack")
    aws.client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))
    (output,) = aws.stack(name)["Outputs"]
    image = output["OutputValue"]
    assert aws.client("ec2").describe_images(ImageIds=[image])["Images"]
