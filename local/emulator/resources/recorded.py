"""Types that are recorded only. One line of data registers another one.

A line gives the type, what ``Ref`` resolves to and what each ``Fn::GetAtt`` resolves to, as
templates over the properties and over ``{name}`` (the named property, or one made up),
``{digest}``, ``{account}``, ``{region}``. What they resolve to is taken from the type's page in
the CloudFormation reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.emulator.resources.provisioner import Place, Properties, Provisioned, Provisioner


@dataclass(frozen=True)
class Recorded(Provisioner):
    """One type of which only the properties are kept."""

    type: str
    reference: str = "{name}"
    attributes: Mapping[str, str] = field(default_factory=dict)
    named_by: str = "Name"

    def create(self, place: Place, properties: Properties) -> Provisioned:
        """Resolves the references; a template that lacks a property they need fails here."""
        name = properties.get(self.named_by) or place.name
        values: dict[str, Any] = {
            **properties,
            "name": name,
            "digest": place.digest,
            "account": place.account,
            "region": place.region,
        }
        values["ref"] = self.reference.format(**values)
        attributes = {key: text.format(**values) for key, text in self.attributes.items()}
        return Provisioned(values["ref"], attributes)

    def update(self, place: Place, reference: str, old: Properties, new: Properties) -> Provisioned:
        """Resolves them again, from the new properties."""
        return self.create(place, new)

    def delete(self, place: Place, reference: str, properties: Properties) -> None:
        """Nothing was made."""


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{{region}}:{{account}}:{resource}"


RECORDED_TYPES = (
    Recorded(
        "AWS::ApplicationAutoScaling::ScalableTarget",
        "{ResourceId}|{ScalableDimension}|{ServiceNamespace}",
        {"Id": "{ref}"},
    ),
    Recorded(
        "AWS::ApplicationAutoScaling::ScalingPolicy",
        _arn("autoscaling", "scalingPolicy:{digest}:policyName/{name}"),
        {"Arn": "{ref}"},
        "PolicyName",
    ),
    Recorded("AWS::AutoScaling::WarmPool", "{AutoScalingGroupName}"),
    Recorded("AWS::CloudWatch::AnomalyDetector", "{digest}", {"Id": "{ref}"}),
    Recorded("AWS::CodeDeploy::Application", "{name}", {}, "ApplicationName"),
    Recorded("AWS::CodeDeploy::DeploymentConfig", "{name}", {}, "DeploymentConfigName"),
    Recorded("AWS::CodeDeploy::DeploymentGroup", "{name}", {}, "DeploymentGroupName"),
    Recorded(
        "AWS::EMRServerless::Application",
        "00{digest}",
        {"ApplicationId": "{ref}", "Arn": _arn("emr-serverless", "/applications/{ref}")},
    ),
    Recorded(
        "AWS::Logs::Delivery",
        "{digest}",
        {"DeliveryId": "{ref}", "Arn": _arn("logs", "delivery:{ref}")},
    ),
    Recorded(
        "AWS::Logs::DeliveryDestination",
        "{Name}",
        {"Arn": _arn("logs", "delivery-destination:{ref}")},
    ),
    Recorded("AWS::Logs::DeliverySource", "{Name}", {"Arn": _arn("logs", "delivery-source:{ref}")}),
    Recorded("AWS::Logs::QueryDefinition", "{digest}", {"QueryDefinitionId": "{ref}"}),
    Recorded("AWS::Route53::HealthCheck", "{digest}", {"HealthCheckId": "{ref}"}),
    Recorded("AWS::SSM::Document"),
    Recorded(
        "AWS::SageMaker::Endpoint",
        _arn("sagemaker", "endpoint/{name}"),
        {"EndpointName": "{name}"},
        "EndpointName",
    ),
    Recorded(
        "AWS::SageMaker::EndpointConfig",
        _arn("sagemaker", "endpoint-config/{name}"),
        {"EndpointConfigName": "{name}"},
        "EndpointConfigName",
    ),
    Recorded(
        "AWS::SageMaker::Model",
        _arn("sagemaker", "model/{name}"),
        {"ModelName": "{name}"},
        "ModelName",
    ),
    Recorded("AWS::SageMaker::Pipeline", "{name}", {}, "PipelineName"),
    Recorded("AWS::Synthetics::Canary", "{name}", {"Id": "{digest}", "State": "READY"}),
    Recorded(
        "AWS::WAFv2::LoggingConfiguration", "{ResourceArn}", {"ManagedByFirewallManager": "false"}
    ),
    Recorded("AWS::XRay::SamplingRule", _arn("xray", "sampling-rule/{name}"), {"RuleARN": "{ref}"}),
)
