"""The response headers that every answer of the platform carries."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudfront as cloudfront
from constructs import Construct

from stacks.edge_answers import content_security_policy


class SecurityHeaders(cloudfront.ResponseHeadersPolicy):
    """HSTS, a content security policy, no sniffing, no framing, no referrer to others."""

    def __init__(self, scope: Construct, id: str, *, region: str) -> None:
        """`region` is where the user pool answers."""
        sign_in = f"https://cognito-idp.{region}.amazonaws.com"
        super().__init__(
            scope,
            id,
            security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                    access_control_max_age=Duration.days(730),
                    include_subdomains=True,
                    override=True,
                ),
                content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                    content_security_policy=content_security_policy(sign_in), override=True
                ),
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
                frame_options=cloudfront.ResponseHeadersFrameOptions(
                    frame_option=cloudfront.HeadersFrameOption.DENY, override=True
                ),
                referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                    referrer_policy=cloudfront.HeadersReferrerPolicy.SAME_ORIGIN, override=True
                ),
            ),
        )
