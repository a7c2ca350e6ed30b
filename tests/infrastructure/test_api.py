"""The API stack: routes, who may call them, how fast, and how new code arrives."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from stacks.api_stack import ROUTES
from stacks.config import STAGES
from tests.infrastructure.synthesis import ROOT, Template, listed

Find = Callable[..., Template]
ROUTE = "AWS::ApiGatewayV2::Route"


@pytest.fixture(scope="module")
def api(template: Find) -> Template:
    return template("api")


def test_every_route_asks_for_a_token(api: Template):
    kinds = {route["AuthorizationType"] for route in api.properties(ROUTE)}
    assert kinds == {"JWT"}


def test_tokens_are_of_the_user_pool_and_its_client(api: Template):
    authorizer = api.only("AWS::ApiGatewayV2::Authorizer")["JwtConfiguration"]
    assert "AccountsPool" in str(authorizer["Issuer"])
    assert "AccountsPoolPage" in str(authorizer["Audience"])


def test_routes_are_those_of_the_published_description(api: Template):
    paths = json.loads((ROOT / "docs" / "openapi.json").read_text())["paths"]
    described = {
        f"{method.upper()} {path}"
        for path, methods in paths.items()
        for method in methods
        if method in {"get", "post", "put", "patch", "delete"}
    }
    assert {route["RouteKey"] for route in api.properties(ROUTE)} == described | {"$default"}


@pytest.mark.parametrize("stage", STAGES)
def test_requests_are_throttled_as_the_stage_says(template: Find, stage: str):
    settings = template("api", stage).only("AWS::ApiGatewayV2::Stage")["DefaultRouteSettings"]
    assert settings["ThrottlingRateLimit"] == STAGES[stage].api_rate_limit
    assert settings["ThrottlingBurstLimit"] == STAGES[stage].api_burst_limit


def test_the_access_log_is_json_without_tokens_and_queries(api: Template):
    line = api.only("AWS::ApiGatewayV2::Stage")["AccessLogSettings"]["Format"]
    fields = set(json.loads(line).values())
    assert "$context.status" in fields
    assert not fields & {"$context.authorizer.claims.sub", "$context.identity.sourceIp"}


def test_nothing_is_answered_to_other_origins(api: Template):
    assert "CorsConfiguration" not in api.only("AWS::ApiGatewayV2::Api")


def test_routes_invoke_the_alias(api: Template):
    for integration in api.properties("AWS::ApiGatewayV2::Integration"):
        assert "Live" in str(integration["IntegrationUri"])


def test_each_function_is_invoked_by_one_permission(api: Template):
    permissions = api.of_type("AWS::Lambda::Permission")
    assert len(permissions) == len(api.of_type("AWS::ApiGatewayV2::Integration"))


def test_new_code_takes_a_tenth_of_the_requests_first(api: Template):
    groups = api.properties("AWS::CodeDeploy::DeploymentGroup")
    assert {group["DeploymentConfigName"] for group in groups} == {
        "CodeDeployDefault.LambdaCanary10Percent5Minutes"
    }


def test_every_function_of_the_api_is_shifted(api: Template):
    shifted = [
        alias
        for alias in api.of_type("AWS::Lambda::Alias").values()
        if "CodeDeployLambdaAliasUpdate" in alias.get("UpdatePolicy", {})
    ]
    assert len(shifted) == len(api.of_type("AWS::Lambda::Function"))


def test_an_alarm_takes_new_code_back(api: Template):
    for group in api.properties("AWS::CodeDeploy::DeploymentGroup"):
        assert group["AlarmConfiguration"]["Enabled"] is True
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]


@pytest.mark.parametrize("stage", ["local", "dev"])
def test_other_stages_change_at_once(template: Find, stage: str):
    assert template("api", stage).of_type("AWS::CodeDeploy::DeploymentGroup") == {}


def test_playback_reads_one_secret(api: Template):
    (secret,) = (secret for secret in _secrets(api, "FunctionsPlayback") if "Edge" not in secret)
    assert "SigningKeyA" in secret


@pytest.mark.parametrize("function", [name.capitalize() for name in ROUTES])
def test_every_function_reads_the_words_of_the_edge_and_writes_none(api: Template, function: str):
    told = api.named("AWS::Lambda::Function", f"Functions{function}")["Environment"]["Variables"]
    imported = str(told["EDGE_SECRET_ARN"])
    assert "EdgeWords" in imported
    mine = _secrets(api, f"Functions{function}")
    assert [secret for secret in mine if "Edge" in secret] == [imported]
    actions = {name for name in api.granted(f"Functions{function}") if "secretsmanager" in name}
    assert actions == {"secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"}


@pytest.mark.parametrize("function", [name.capitalize() for name in ROUTES if name != "playback"])
def test_no_other_function_reads_another_secret(api: Template, function: str):
    assert len(_secrets(api, f"Functions{function}")) == 1


def test_playback_reads_one_parameter(api: Template):
    (resource,) = (
        statement["Resource"]
        for _, statement in api.statements()
        if statement["Action"] == "ssm:GetParameter"
    )
    assert str(resource).endswith(":parameter/marquee/prod/delivery/domain']]}")


@pytest.mark.parametrize("output", ["ApiId", "ApiUrl"])
def test_outputs(api: Template, output: str):
    assert output in api.body["Outputs"]


def _secrets(api: Template, role: str) -> list[str]:
    """The secrets that the role may read, as their policies write them."""
    return [
        str(resource)
        for policy in api.properties("AWS::IAM::Policy")
        if any(entry.get("Ref", "").startswith(role) for entry in policy["Roles"])
        for statement in policy["PolicyDocument"]["Statement"]
        if "secretsmanager:GetSecretValue" in statement["Action"]
        for resource in listed(statement["Resource"])
    ]
