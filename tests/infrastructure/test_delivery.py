"""The delivery stack: what goes where, who may see it, and what a cache may depend on."""

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from schemas.edge import EDGE_HEADER
from stacks.config import STAGES
from tests.infrastructure.synthesis import Template

Find = Callable[..., Template]


@pytest.fixture
def delivery(template: Find) -> Template:
    return template("delivery")


@pytest.fixture
def config(delivery: Template) -> dict[str, Any]:
    found: dict[str, Any] = delivery.only("AWS::CloudFront::Distribution")["DistributionConfig"]
    return found


@pytest.fixture
def behaviours(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {item["PathPattern"]: item for item in config["CacheBehaviors"]}


def _cache_policy(delivery: Template, behaviour: dict[str, Any]) -> dict[str, Any]:
    policies = delivery.of_type("AWS::CloudFront::CachePolicy")
    found: dict[str, Any] = policies[behaviour["CachePolicyId"]["Ref"]]["Properties"][
        "CachePolicyConfig"
    ]
    return found


MEDIA = pytest.mark.parametrize("path", ["/media/*.m3u8", "/media/*"])


def test_manifests_are_matched_before_all_media(config: dict[str, Any]) -> None:
    patterns = [item["PathPattern"] for item in config["CacheBehaviors"]]
    assert patterns.index("/media/*.m3u8") < patterns.index("/media/*")


@MEDIA
def test_media_needs_a_cookie_signed_by_the_key_group(
    behaviours: dict[str, Any], template: Find, path: str
) -> None:
    (group,) = template("content").of_type("AWS::CloudFront::KeyGroup")
    (trusted,) = behaviours[path]["TrustedKeyGroups"]
    assert group in trusted["Fn::ImportValue"]


@MEDIA
def test_a_media_cache_key_is_the_path_alone(
    behaviours: dict[str, Any], delivery: Template, path: str
) -> None:
    key = _cache_policy(delivery, behaviours[path])["ParametersInCacheKeyAndForwardedToOrigin"]
    assert key["HeadersConfig"] == {"HeaderBehavior": "none"}
    assert key["CookiesConfig"] == {"CookieBehavior": "none"}
    assert key["QueryStringsConfig"] == {"QueryStringBehavior": "none"}
    assert not key["EnableAcceptEncodingGzip"]
    assert not key["EnableAcceptEncodingBrotli"]


@pytest.mark.parametrize(("path", "seconds"), [("/media/*.m3u8", 10), ("/media/*", 86400)])
def test_media_is_kept_as_long_as_it_holds(
    behaviours: dict[str, Any], delivery: Template, path: str, seconds: int
) -> None:
    policy = _cache_policy(delivery, behaviours[path])
    assert (policy["MinTTL"], policy["DefaultTTL"], policy["MaxTTL"]) == (1, seconds, 31536000)


@MEDIA
def test_media_comes_from_the_fleet_and_from_the_bucket_where_that_fails(
    behaviours: dict[str, Any], config: dict[str, Any], path: str
) -> None:
    origins = {item["Id"]: item for item in config["Origins"]}
    (group,) = config["OriginGroups"]["Items"]
    first, second = (origins[item["OriginId"]] for item in group["Members"]["Items"])
    assert behaviours[path]["TargetOriginId"] == group["Id"]
    assert "VpcOriginConfig" in first
    assert "S3OriginConfig" in second


def test_the_bucket_answers_for_a_fleet_that_fails_or_is_refused(config: dict[str, Any]) -> None:
    (group,) = config["OriginGroups"]["Items"]
    assert group["FailoverCriteria"]["StatusCodes"]["Items"] == [403, 500, 502, 503, 504]


def test_a_silent_fleet_is_given_up_within_seconds(config: dict[str, Any]) -> None:
    (fleet,) = (item for item in config["Origins"] if "VpcOriginConfig" in item)
    assert fleet["ConnectionAttempts"] * fleet["ConnectionTimeout"] == 6


def test_the_fleet_is_reached_inside_the_vpc(delivery: Template) -> None:
    endpoint = delivery.only("AWS::CloudFront::VpcOrigin")["VpcOriginEndpointConfig"]
    assert "LoadBalancer" in json.dumps(endpoint["Arn"])


def test_every_bucket_is_read_with_a_signature(config: dict[str, Any]) -> None:
    buckets = [item for item in config["Origins"] if "S3OriginConfig" in item]
    assert [bool(item.get("OriginAccessControlId")) for item in buckets] == [True, True]


def test_the_api_is_not_cached_unless_an_answer_asks_for_it_and_then_by_token(
    behaviours: dict[str, Any], delivery: Template
) -> None:
    policy = _cache_policy(delivery, behaviours["/v1/*"])
    assert (policy["MinTTL"], policy["DefaultTTL"], policy["MaxTTL"]) == (0, 0, 1)
    key = policy["ParametersInCacheKeyAndForwardedToOrigin"]
    assert "Authorization" in key["HeadersConfig"]["Headers"]
    assert key["QueryStringsConfig"] == {"QueryStringBehavior": "all"}


def test_the_country_is_cloudfronts_word_and_not_the_viewers(
    behaviours: dict[str, Any], delivery: Template
) -> None:
    policy = _cache_policy(delivery, behaviours["/v1/*"])
    headers = policy["ParametersInCacheKeyAndForwardedToOrigin"]["HeadersConfig"]["Headers"]
    assert "CloudFront-Viewer-Country" in headers


def test_the_api_gets_the_viewers_headers_but_its_own_host(behaviours: dict[str, Any]) -> None:
    all_viewer_except_host = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
    assert behaviours["/v1/*"]["OriginRequestPolicyId"] == all_viewer_except_host


def test_the_api_is_told_that_it_is_asked_through_here(config: dict[str, Any]) -> None:
    (api,) = (item for item in config["Origins"] if "execute-api" in str(item["DomainName"]))
    (header,) = api["OriginCustomHeaders"]
    assert header["HeaderName"] == EDGE_HEADER
    before, secret, after = header["HeaderValue"]["Fn::Join"][1]
    assert before == "{{resolve:secretsmanager:"
    assert "EdgeWords" in secret["Fn::ImportValue"]
    assert after == ":SecretString:generation1::}}"


def test_no_other_origin_is_told(config: dict[str, Any]) -> None:
    told = [item for item in config["Origins"] if item.get("OriginCustomHeaders")]
    assert len(told) == 1


def test_the_api_takes_every_method(behaviours: dict[str, Any]) -> None:
    assert {"PUT", "POST", "PATCH", "DELETE"} <= set(behaviours["/v1/*"]["AllowedMethods"])


def test_nothing_is_served_without_tls(config: dict[str, Any]) -> None:
    policies = {
        item["ViewerProtocolPolicy"]
        for item in [config["DefaultCacheBehavior"], *config["CacheBehaviors"]]
    }
    assert policies == {"redirect-to-https", "https-only"}


def test_http_3_is_spoken(config: dict[str, Any]) -> None:
    assert config["HttpVersion"] == "http2and3"


def test_every_answer_carries_the_security_headers(
    config: dict[str, Any], delivery: Template
) -> None:
    (policy,) = delivery.of_type("AWS::CloudFront::ResponseHeadersPolicy")
    all_behaviours = [config["DefaultCacheBehavior"], *config["CacheBehaviors"]]
    assert {item["ResponseHeadersPolicyId"]["Ref"] for item in all_behaviours} == {policy}


@pytest.fixture
def headers(delivery: Template) -> dict[str, Any]:
    policy = delivery.only("AWS::CloudFront::ResponseHeadersPolicy")
    found: dict[str, Any] = policy["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    return found


def test_browsers_stay_on_tls_for_two_years(headers: dict[str, Any]) -> None:
    assert headers["StrictTransportSecurity"]["AccessControlMaxAgeSec"] == 63072000


def test_the_page_may_talk_to_itself_and_to_sign_in(headers: dict[str, Any]) -> None:
    policy = headers["ContentSecurityPolicy"]["ContentSecurityPolicy"].split("; ")
    assert "connect-src 'self' https://cognito-idp.us-east-1.amazonaws.com" in policy
    assert "default-src 'self'" in policy


def test_the_player_may_feed_the_video_and_run_its_worker(headers: dict[str, Any]) -> None:
    policy = headers["ContentSecurityPolicy"]["ContentSecurityPolicy"].split("; ")
    assert "media-src 'self' blob: data:" in policy
    assert "worker-src 'self'" in policy


def test_no_script_comes_from_elsewhere_or_from_text(headers: dict[str, Any]) -> None:
    policy = headers["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    assert not {"'unsafe-inline'", "'unsafe-eval'", "script-src"} & set(policy.split())


def test_nobody_may_frame_the_page(headers: dict[str, Any]) -> None:
    policy = headers["ContentSecurityPolicy"]["ContentSecurityPolicy"].split("; ")
    assert ("frame-ancestors 'none'" in policy, headers["FrameOptions"]["FrameOption"]) == (
        True,
        "DENY",
    )


@pytest.fixture
def rules(delivery: Template) -> dict[str, dict[str, Any]]:
    return {rule["Name"]: rule for rule in delivery.only("AWS::WAFv2::WebACL")["Rules"]}


def test_the_firewall_stands_in_front_of_the_distribution(
    config: dict[str, Any], delivery: Template
) -> None:
    (acl,) = delivery.of_type("AWS::WAFv2::WebACL")
    assert config["WebACLId"] == {"Fn::GetAtt": [acl, "Arn"]}
    assert delivery.only("AWS::WAFv2::WebACL")["Scope"] == "CLOUDFRONT"


@pytest.mark.parametrize("stage", list(STAGES))
def test_one_address_may_ask_the_api_as_often_as_the_stage_says(template: Find, stage: str) -> None:
    rules = template("delivery", stage).only("AWS::WAFv2::WebACL")["Rules"]
    rate = rules[0]["Statement"]["RateBasedStatement"]
    assert rate["Limit"] == STAGES[stage].waf_requests_per_5_minutes
    assert rate["ScopeDownStatement"]["ByteMatchStatement"]["SearchString"] == "/v1/"


def test_a_large_batch_of_events_is_not_taken_for_an_attack(rules: dict[str, Any]) -> None:
    common = rules["AWSManagedRulesCommonRuleSet"]["Statement"]["ManagedRuleGroupStatement"]
    assert common["RuleActionOverrides"] == [
        {"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}}
    ]


def test_the_firewalls_log_holds_no_credentials(delivery: Template) -> None:
    logging = delivery.only("AWS::WAFv2::LoggingConfiguration")
    names = [field["SingleHeader"]["Name"] for field in logging["RedactedFields"]]
    assert names == ["authorization", "cookie"]


def test_the_access_log_holds_no_signatures(delivery: Template) -> None:
    fields = delivery.only("AWS::Logs::Delivery")["RecordFields"]
    assert not {"cs(Cookie)", "cs-uri-query"} & set(fields)


def test_the_access_log_may_be_written_by_this_accounts_delivery_alone(template: Find) -> None:
    (statement,) = (
        statement
        for _, statement in template("content").statements()
        if statement.get("Sid") == "CloudFrontLogs"
    )
    assert "aws:SourceAccount" in statement["Condition"]["StringEquals"]


def test_playback_finds_the_domain_it_signs_for(delivery: Template) -> None:
    parameter = delivery.only("AWS::SSM::Parameter")
    assert parameter["Name"] == "/marquee/prod/delivery/domain"


@pytest.mark.parametrize(
    ("stage", "price_class"), [("prod", "PriceClass_All"), ("dev", "PriceClass_100")]
)
def test_a_trial_is_served_from_fewer_places(template: Find, stage: str, price_class: str) -> None:
    distribution = template("delivery", stage).only("AWS::CloudFront::Distribution")
    assert distribution["DistributionConfig"]["PriceClass"] == price_class


def _edge_function(delivery: Template, headers: dict[str, Any]) -> dict[str, Any]:
    """What the function at the API's behaviour gives for a request, run by Node."""
    (function,) = delivery.of_type("AWS::CloudFront::Function").values()
    event = json.dumps({"request": {"uri": "/v1/profiles", "headers": headers}})
    script = (
        f"{function['Properties']['FunctionCode']}\nconsole.log(JSON.stringify(handler({event})))"
    )
    answer = subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def test_the_api_asks_the_function_before_anything_else(
    behaviours: dict[str, Any], delivery: Template
) -> None:
    (function,) = delivery.of_type("AWS::CloudFront::Function")
    (association,) = behaviours["/v1/*"]["FunctionAssociations"]
    assert association["EventType"] == "viewer-request"
    assert association["FunctionARN"] == {"Fn::GetAtt": [function, "FunctionARN"]}


def test_a_request_without_a_token_is_answered_by_the_fields_name(delivery: Template) -> None:
    answer = _edge_function(delivery, {})
    assert answer["statusCode"] == 401
    (detail,) = json.loads(answer["body"]["data"])["error"]["details"]
    assert detail["field"] == "authorization"


def test_a_request_with_a_token_goes_on_as_it_came(delivery: Template) -> None:
    headers = {"authorization": {"value": "Bearer x"}}
    assert _edge_function(delivery, headers) == {"uri": "/v1/profiles", "headers": headers}
