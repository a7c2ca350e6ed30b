"""The machine image of the streaming nodes, built by EC2 Image Builder as the stack is deployed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from aws_cdk import Aws, Names
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_imagebuilder as imagebuilder
from constructs import Construct

from stacks.constructs.acknowledge import acknowledge

PLATFORM = "Linux"
# Built on what the fleet runs on; any Graviton does.
BUILDER = "c7g.large"
_MANAGED = ("AmazonSSMManagedInstanceCore", "EC2InstanceProfileForImageBuilder")


class NodeImage(Construct):
    """Amazon Linux 2023 on Graviton and its components, under an id that the deployment fixes.

    The id changes when a component does, or `release`: then the launch template does, and an
    instance refresh brings it to the nodes, watched by the fleet's alarms.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        components: Mapping[str, str],
        release: int,
        vpc: ec2.IVpc,
        subnet: ec2.ISubnet,
    ) -> None:
        """`subnet` must reach SSM, Image Builder and S3; `components` are YAML by construct id."""
        super().__init__(scope, id)
        # Versions are written once. The content's own number says when there is a next one.
        name = Names.unique_resource_name(self, max_length=90, separator="-")
        made = [
            imagebuilder.CfnComponent(
                self,
                part,
                name=f"{name}-{part}",
                version=_version(release, data),
                platform=PLATFORM,
                data=data,
            )
            for part, data in components.items()
        ]
        recipe = imagebuilder.CfnImageRecipe(
            self,
            "Recipe",
            name=name,
            version=_version(release, *components.values()),
            parent_image=(
                f"arn:{Aws.PARTITION}:imagebuilder:{Aws.REGION}:aws:image/"
                "amazon-linux-2023-arm64/x.x.x"
            ),
            components=[
                imagebuilder.CfnImageRecipe.ComponentConfigurationProperty(
                    component_arn=part.attr_arn
                )
                for part in made
            ],
        )
        image = imagebuilder.CfnImage(
            self,
            "Image",
            image_recipe_arn=recipe.attr_arn,
            infrastructure_configuration_arn=self._infrastructure(name, vpc, subnet),
        )
        self.image_id = image.attr_image_id

    def _infrastructure(self, name: str, vpc: ec2.IVpc, subnet: ec2.ISubnet) -> str:
        group = ec2.SecurityGroup(
            self,
            "Builder",
            vpc=vpc,
            description="Builder of the node image: out to S3 and AWS endpoints",
            allow_all_outbound=False,
        )
        group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.HTTPS, "S3, AWS APIs")
        configuration = imagebuilder.CfnInfrastructureConfiguration(
            self,
            "Infrastructure",
            name=name,
            instance_profile_name=iam.InstanceProfile(
                self, "Profile", role=self._role()
            ).instance_profile_name,
            instance_types=[BUILDER],
            subnet_id=subnet.subnet_id,
            security_group_ids=[group.security_group_id],
            terminate_instance_on_failure=True,
            instance_metadata_options=(
                imagebuilder.CfnInfrastructureConfiguration.InstanceMetadataOptionsProperty(
                    http_tokens="required", http_put_response_hop_limit=1
                )
            ),
        )
        return configuration.attr_arn

    def _role(self) -> iam.Role:
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
            description="Builder of the nodes' image, for as long as that takes",
            managed_policies=[
                iam.ManagedPolicy.from_aws_managed_policy_name(name) for name in _MANAGED
            ],
        )
        acknowledge(
            role,
            "what Image Builder asks of an instance that it builds on, as AWS keeps it",
            *(
                f"AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{name}]"
                for name in _MANAGED
            ),
        )
        return role


def _version(release: int, *contents: str) -> str:
    digest = int(hashlib.sha256("".join(contents).encode()).hexdigest()[:7], 16)
    return f"1.{release}.{digest}"
