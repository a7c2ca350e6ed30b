"""What the deployed distribution does, as CloudFront's own API tells it: whom it trusts to sign for
media, and what it adds to the requests that it passes to the API.
"""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from local.errors import LocalError
from local.media_gate import CookieCheck
from scripts.operators.deployment import Deployment


def trusted(deployment: Deployment) -> CookieCheck:
    """The check of the cookies that open ``/media/*`` of this deployment."""
    cloudfront, config = deployment.client("cloudfront"), _config(deployment)
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
            "the distribution trusts no key to sign for /media/*",
            next_step="make demo FRESH=1   deploys it anew",
        )
    domain = deployment.client("ssm").get_parameter(
        Name=f"/marquee/{deployment.config.name}/delivery/domain"
    )["Parameter"]["Value"]
    return CookieCheck(keys=keys, domain=domain)


def api_headers(deployment: Deployment) -> dict[str, str]:
    """The headers by which the API knows that it was asked through this distribution."""
    config = _config(deployment)
    behaviours = {item["PathPattern"]: item for item in config["CacheBehaviors"]["Items"]}
    origins = {item["Id"]: item for item in config["Origins"]["Items"]}
    headers = origins[behaviours["/v1/*"]["TargetOriginId"]].get("CustomHeaders", {})
    return {item["HeaderName"]: item["HeaderValue"] for item in headers.get("Items", [])}


def _config(deployment: Deployment) -> dict[str, Any]:
    found: dict[str, Any] = deployment.client("cloudfront").get_distribution_config(
        Id=deployment.output("delivery", "DistributionId")
    )["DistributionConfig"]
    return found
