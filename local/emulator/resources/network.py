"""Addresses, gateways, rules and flow logs, created through the emulator's EC2 API."""

from __future__ import annotations

from typing import Any

from local.emulator.resources.provisioner import Place, Properties, Provisioned, Provisioner, call


class ElasticIp(Provisioner):
    """``Ref`` is the address, as in AWS."""

    type = "AWS::EC2::EIP"

    def create(self, place: Place, properties: Properties) -> Provisioned:
        """Allocates an address."""
        answer = call(place, "ec2", "allocate_address", {"Domain": "vpc"})
        attributes = {"AllocationId": answer["AllocationId"], "PublicIp": answer["PublicIp"]}
        return Provisioned(answer["PublicIp"], attributes)

    def update(self, place: Place, reference: str, old: Properties, new: Properties) -> Provisioned:
        """Only tags can change; the address stays."""
        found = place.client("ec2").describe_addresses(PublicIps=[reference])["Addresses"][0]
        return Provisioned(
            reference, {"AllocationId": found["AllocationId"], "PublicIp": reference}
        )

    def delete(self, place: Place, reference: str, properties: Properties) -> None:
        """Releases the address."""
        found = place.client("ec2").describe_addresses(PublicIps=[reference])["Addresses"]
        for address in found:
            call(place, "ec2", "release_address", {"AllocationId": address["AllocationId"]})


class NatGateway(Provisioner):
    """Exists and is described; carries no packets."""

    type = "AWS::EC2::NatGateway"

    def create(self, place: Place, properties: Properties) -> Provisioned:
        """Creates a gateway."""
        kept = {key: properties[key] for key in properties if key != "Tags"}
        gateway = call(place, "ec2", "create_nat_gateway", kept)["NatGateway"]["NatGatewayId"]
        return Provisioned(gateway, {"NatGatewayId": gateway})

    def delete(self, place: Place, reference: str, properties: Properties) -> None:
        """Deletes the gateway."""
        call(place, "ec2", "delete_nat_gateway", {"NatGatewayId": reference})


class SecurityGroupRule(Provisioner):
    """One rule beside its group, in either direction."""

    def __init__(self, direction: str) -> None:
        self.type = f"AWS::EC2::SecurityGroup{direction}"
        self._suffix = f"security_group_{direction.lower()}"

    def create(self, place: Place, properties: Properties) -> Provisioned:
        """Adds the rule to its group."""
        call(place, "ec2", f"authorize_{self._suffix}", _permission(properties))
        return Provisioned(f"sgr-{place.digest}", {"Id": f"sgr-{place.digest}"})

    def delete(self, place: Place, reference: str, properties: Properties) -> None:
        """Takes the rule out of its group."""
        call(place, "ec2", f"revoke_{self._suffix}", _permission(properties))


class FlowLog(Provisioner):
    """Exists and is described; nothing is logged."""

    type = "AWS::EC2::FlowLog"

    def create(self, place: Place, properties: Properties) -> Provisioned:
        """Creates a flow log."""
        given = {key: properties[key] for key in properties if key != "Tags"}
        given["ResourceIds"] = [properties["ResourceId"]]
        answer = call(place, "ec2", "create_flow_logs", given)
        return Provisioned(answer["FlowLogIds"][0], {"Id": answer["FlowLogIds"][0]})

    def delete(self, place: Place, reference: str, properties: Properties) -> None:
        """Deletes the flow log."""
        call(place, "ec2", "delete_flow_logs", {"FlowLogIds": [reference]})


def _permission(properties: Properties) -> dict[str, Any]:
    permission = {
        key: properties[key] for key in ("IpProtocol", "FromPort", "ToPort") if key in properties
    }
    described = {k: properties[k] for k in ("Description",) if k in properties}
    group = properties.get("SourceSecurityGroupId") or properties.get("DestinationSecurityGroupId")
    prefixes = properties.get("SourcePrefixListId") or properties.get("DestinationPrefixListId")
    if "CidrIp" in properties:
        permission["IpRanges"] = [{"CidrIp": properties["CidrIp"], **described}]
    if "CidrIpv6" in properties:
        permission["Ipv6Ranges"] = [{"CidrIpv6": properties["CidrIpv6"], **described}]
    if group:
        permission["UserIdGroupPairs"] = [{"GroupId": group, **described}]
    if prefixes:
        permission["PrefixListIds"] = [{"PrefixListId": prefixes, **described}]
    return {"GroupId": properties["GroupId"], "IpPermissions": [permission]}


PROVISIONERS = (
    ElasticIp(),
    NatGateway(),
    SecurityGroupRule("Ingress"),
    SecurityGroupRule("Egress"),
    FlowLog(),
)
