"""Public keys, key groups, VPC origins and web ACL associations, through the emulator's APIs."""

from __future__ import annotations

from typing import Any

from local.emulator.resources.provisioner import Place, Properties, Provisioned, Provisioner, call


class CloudFrontObject(Provisioner):
    """A CloudFront type whose API takes one configuration and answers with an id and an ETag."""

    def __init__(
        self, name: str, config: str, snake: str, defaults: Properties | None = None
    ) -> None:
        """``defaults`` are those of the template; the API wants every value."""
        self.type = f"AWS::CloudFront::{name}"
        self._name, self._config, self._snake = name, config, snake
        self._defaults = defaults or {}

    def create(self, place: Place, properties: Properties) -> Provisioned:
        """Creates it from its configuration."""
        given = {self._config: self._configuration(properties)}
        created = call(place, "cloudfront", f"create_{self._snake}", given)[self._name]
        return self._provisioned(created)

    def update(self, place: Place, reference: str, old: Properties, new: Properties) -> Provisioned:
        """Replaces the configuration; the id stays."""
        given = {self._config: self._configuration(new), "Id": reference}
        given["IfMatch"] = self._etag(place, reference)
        updated = call(place, "cloudfront", f"update_{self._snake}", given)[self._name]
        return self._provisioned(updated)

    def delete(self, place: Place, reference: str, properties: Properties) -> None:
        """Deletes it."""
        given = {"Id": reference, "IfMatch": self._etag(place, reference)}
        call(place, "cloudfront", f"delete_{self._snake}", given)

    def _configuration(self, properties: Properties) -> dict[str, Any]:
        return {**self._defaults, **properties[self._config]}

    def _etag(self, place: Place, reference: str) -> str:
        etag: str = call(place, "cloudfront", f"get_{self._snake}", {"Id": reference})["ETag"]
        return etag

    @staticmethod
    def _provisioned(created: Properties) -> Provisioned:
        names = ("Id", "Arn", "CreatedTime", "LastModifiedTime", "Status")
        attributes = {name: str(created[name]) for name in names if name in created}
        return Provisioned(created["Id"], attributes)


class WebAclAssociation(Provisioner):
    """Exists and is described; requests are not filtered."""

    type = "AWS::WAFv2::WebACLAssociation"

    def create(self, place: Place, properties: Properties) -> Provisioned:
        """Associates the ACL."""
        call(place, "wafv2", "associate_web_acl", properties)
        return Provisioned(f"{properties['WebACLArn']}|{properties['ResourceArn']}")

    def delete(self, place: Place, reference: str, properties: Properties) -> None:
        """Ends the association."""
        call(place, "wafv2", "disassociate_web_acl", properties)


_VPC_ORIGIN_DEFAULTS = {
    "HTTPPort": 80,
    "HTTPSPort": 443,
    "OriginProtocolPolicy": "match-viewer",
}
PROVISIONERS = (
    CloudFrontObject("PublicKey", "PublicKeyConfig", "public_key"),
    CloudFrontObject("KeyGroup", "KeyGroupConfig", "key_group"),
    CloudFrontObject("VpcOrigin", "VpcOriginEndpointConfig", "vpc_origin", _VPC_ORIGIN_DEFAULTS),
    WebAclAssociation(),
)
