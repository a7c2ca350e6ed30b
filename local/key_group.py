"""Whom the deployed distribution trusts to sign for media, as CloudFront's own API tells it."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from local.errors import LocalError
from local.media_gate import CookieCheck
from scripts.operators.deployment import Deployment


def trusted(deployment: Deployment) -> CookieCheck:
    """The check of the cookies that open ``/media/*`` of this deployment."""
    cloudfront = deployment.client("cloudfront")
    distribution = deployment.output("delivery", "DistributionId")
    config = cloudfront.get_distribution_config(Id=distribution)["DistributionConfig"]
    behaviours = {item["PathPattern"]: item for item in config["CacheBehaviors"]["Items"]}
    groups = behaviours["/media/*"].get("TrustedKeyGroups", {}).get("Items", [])
    keys: dict[str, RSAPublicKey] = {}
    for group in groups:
        members = cloudfront.get_key_group(Id=group)["KeyGroup"]["KeyGroupConfig"]["Items"]
        for key_id in members:
            found = cloudfront.get_public_key(Id=key_id)["PublicKey"]["PublicKeyConfig"]
            key = load_pem_public_key(found["EncodedKey"].encode())
            if isinstance(key, RSAPublicKey):
                keys[key_id] = key
    if not keys:
        raise LocalError(
            f"distribution {distribution} trusts no key to sign for /media/*",
            next_step="make demo FRESH=1   deploys it anew",
        )
    domain = deployment.client("ssm").get_parameter(
        Name=f"/marquee/{deployment.config.name}/delivery/domain"
    )["Parameter"]["Value"]
    return CookieCheck(keys=keys, domain=domain)
