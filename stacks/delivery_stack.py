"""Delivery: one domain in front of the page, the API and the media."""

from __future__ import annotations

from typing import Any

from aws_cdk import CfnOutput, Duration
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from schemas.edge import EDGE_HEADER
from stacks.api_stack import ApiStack
from stacks.config import StageConfig
from stacks.constructs.acknowledge import acknowledge
from stacks.constructs.delivery_logs import DeliveryLogs
from stacks.constructs.media_behavior import MediaBehaviors
from stacks.constructs.security_headers import SecurityHeaders
from stacks.constructs.stack import MarqueeStack
from stacks.constructs.token_check import TokenCheck
from stacks.constructs.web_acl import WebAcl
from stacks.content_stack import ContentStack
from stacks.streaming_stack import StreamingStack


class DeliveryStack(MarqueeStack):
    """CloudFront: `/` from the web bucket, `/v1/*` from the API, `/media/*` from the fleet."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: StageConfig,
        content: ContentStack,
        api: ApiStack,
        streaming: StreamingStack,
    ) -> None:
        """Read all three origins; the buckets' policies are the content stack's."""
        super().__init__(scope, id, config=config)
        headers = SecurityHeaders(self, "Headers", region=self.region)
        media = MediaBehaviors(
            self,
            "Media",
            load_balancer=streaming.load_balancer,
            bucket=self._imported("MediaBucket", content.media_bucket),
            key_group=content.key_group,
            headers=headers,
        )
        self.distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment=f"Marquee {config.name}",
            default_root_object="index.html",
            default_behavior=self._page(content.web_bucket, headers),
            additional_behaviors={
                "/v1/*": self._api(api, headers, content.edge_word.reference),
                "/media/*.m3u8": media.manifests,
                "/media/*": media.segments,
            },
            web_acl_id=WebAcl(self, "WebAcl", config=config).acl.attr_arn,
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            enable_ipv6=True,
            **self._stage_settings(config),
        )
        DeliveryLogs(self, "Logs", distribution=self.distribution, bucket=content.log_bucket)
        self._acknowledge(config)
        self._publish(config)

    def _acknowledge(self, config: StageConfig) -> None:
        acknowledge(
            self.distribution,
            "its access log is delivered by CloudWatch's log delivery, which needs no bucket "
            "ACL; the rule knows the older way only",
            "AwsSolutions-CFR3",
        )
        acknowledge(
            self.distribution,
            "the content stack's own policies let this account's distributions read",
            "@aws-cdk/aws-cloudfront-origins:updateImportedBucketPolicyOac",
        )
        if not config.blocked_countries:
            acknowledge(
                self.distribution,
                "blocked_countries of the stage decides, and this stage blocks none",
                "AwsSolutions-CFR1",
            )
        if not config.domain_name:
            acknowledge(
                self.distribution,
                "without a domain of its own it has CloudFront's certificate, whose TLS policy "
                "is fixed; TLS 1.2 applies from the day that domain_name is set",
                "AwsSolutions-CFR4",
            )

    def _page(
        self, bucket: s3.IBucket, headers: cloudfront.ResponseHeadersPolicy
    ) -> cloudfront.BehaviorOptions:
        return cloudfront.BehaviorOptions(
            origin=origins.S3BucketOrigin.with_origin_access_control(
                self._imported("WebBucket", bucket)
            ),
            cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
            response_headers_policy=headers,
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        )

    def _api(
        self, api: ApiStack, headers: cloudfront.ResponseHeadersPolicy, word: str
    ) -> cloudfront.BehaviorOptions:
        domain = f"{api.http_api.api_id}.execute-api.{self.region}.{self.url_suffix}"
        return cloudfront.BehaviorOptions(
            origin=origins.HttpOrigin(
                domain,
                protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
                origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
                # By this the API knows that it was asked through here; a viewer's own header of
                # that name is overwritten. Whoever reads the distribution's settings reads it.
                custom_headers={EDGE_HEADER: word},
            ),
            cache_policy=self._api_cache_policy(),
            # Everything of the viewer's, the Authorization header too, but the API's own Host.
            origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
            allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
            function_associations=[TokenCheck(self, "TokenCheck").at_request],
            response_headers_policy=headers,
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
        )

    def _api_cache_policy(self) -> cloudfront.CachePolicy:
        # Nothing of the API is cached: no answer asks for it, and the default is zero. The policy
        # is there for its headers: what is in a cache key goes to the origin, and this is how
        # CloudFront's own word on the viewer's country gets there, in place of what a viewer
        # might send under that name. Rights depend on it.
        return cloudfront.CachePolicy(
            self,
            "ApiCache",
            min_ttl=Duration.seconds(0),
            default_ttl=Duration.seconds(0),
            max_ttl=Duration.seconds(1),  # with zero, CloudFront takes no header into the key
            header_behavior=cloudfront.CacheHeaderBehavior.allow_list(
                "Authorization", "CloudFront-Viewer-Country"
            ),
            query_string_behavior=cloudfront.CacheQueryStringBehavior.all(),
            cookie_behavior=cloudfront.CacheCookieBehavior.none(),
        )

    def _imported(self, id: str, bucket: s3.IBucket) -> s3.IBucket:
        # Given the bucket itself, the origin would write this distribution into its policy, and
        # the two stacks would wait for each other.
        return s3.Bucket.from_bucket_attributes(
            self,
            id,
            bucket_name=bucket.bucket_name,
            bucket_regional_domain_name=bucket.bucket_regional_domain_name,
        )

    def _stage_settings(self, config: StageConfig) -> dict[str, Any]:
        settings: dict[str, Any] = {
            "price_class": cloudfront.PriceClass.PRICE_CLASS_ALL
            if config.name == "prod"
            else cloudfront.PriceClass.PRICE_CLASS_100,
        }
        if config.blocked_countries:
            settings["geo_restriction"] = cloudfront.GeoRestriction.denylist(
                *config.blocked_countries
            )
        if config.domain_name:
            settings["domain_names"] = [config.domain_name]
            settings["minimum_protocol_version"] = cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021
            settings["certificate"] = acm.Certificate(
                self,
                "Certificate",
                domain_name=config.domain_name,
                validation=acm.CertificateValidation.from_dns(),
            )
        return settings

    def _publish(self, config: StageConfig) -> None:
        # The playback function signs for this domain; it lives upstream, so it reads it here.
        ssm.StringParameter(
            self,
            "Domain",
            parameter_name=f"/marquee/{config.name}/delivery/domain",
            string_value=config.domain_name or self.distribution.domain_name,
        )
        CfnOutput(self, "DistributionId", value=self.distribution.distribution_id)
        CfnOutput(self, "DistributionDomain", value=self.distribution.domain_name)
