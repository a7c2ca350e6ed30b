"""How the distribution serves media: the fleet first, the bucket if it must, signed always."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_s3 as s3
from constructs import Construct

# 403 is what an unsigned read of S3 says of a missing object, and also what a broken endpoint
# policy says of every object: only the bucket, asked with a signature, can tell.
FAILOVER_STATUSES = (403, 500, 502, 503, 504)


class MediaBehaviors(Construct):
    """The behaviours of `/media/*`: segments kept long, manifests briefly."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        load_balancer: elbv2.IApplicationLoadBalancer,
        bucket: s3.IBucket,
        key_group: cloudfront.IKeyGroup,
        headers: cloudfront.ResponseHeadersPolicy,
    ) -> None:
        """`bucket` must let this account's distributions read it."""
        super().__init__(scope, id)
        self._headers = headers
        self._keys = key_group
        self._origin = origins.OriginGroup(
            primary_origin=origins.VpcOrigin.with_application_load_balancer(
                load_balancer,
                http_port=80,
                # Inside the VPC: CloudFront reaches the load balancer over AWS's own network.
                protocol_policy=cloudfront.OriginProtocolPolicy.HTTP_ONLY,
                connection_attempts=2,
                connection_timeout=Duration.seconds(3),
                read_timeout=Duration.seconds(20),
                keepalive_timeout=Duration.seconds(50),
            ),
            fallback_origin=origins.S3BucketOrigin.with_origin_access_control(bucket),
            fallback_status_codes=list(FAILOVER_STATUSES),
        )
        self.segments = self._behavior("Segments", default_ttl=Duration.days(1))
        self.manifests = self._behavior("Manifests", default_ttl=Duration.seconds(10))

    def _behavior(self, id: str, *, default_ttl: Duration) -> cloudfront.BehaviorOptions:
        # The key is the path alone. One domain serves page and media, so no answer depends on
        # Origin, and the signature has been checked before the cache is asked.
        policy = cloudfront.CachePolicy(
            self,
            f"{id}Cache",
            min_ttl=Duration.seconds(1),
            default_ttl=default_ttl,
            max_ttl=Duration.days(365),
            header_behavior=cloudfront.CacheHeaderBehavior.none(),
            query_string_behavior=cloudfront.CacheQueryStringBehavior.none(),
            cookie_behavior=cloudfront.CacheCookieBehavior.none(),
            enable_accept_encoding_gzip=False,
            enable_accept_encoding_brotli=False,
        )
        return cloudfront.BehaviorOptions(
            origin=self._origin,
            cache_policy=policy,
            trusted_key_groups=[self._keys],
            response_headers_policy=self._headers,
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
            allowed_methods=cloudfront.AllowedMethods.ALLOW_GET_HEAD,
            compress=False,
        )
