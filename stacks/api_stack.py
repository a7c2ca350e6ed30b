"""API: the HTTP API, who may call it, and the functions behind its routes."""

from __future__ import annotations

import json

import jsii
from aws_cdk import CfnOutput
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_logs as logs
from aws_cdk.aws_apigateway import AccessLogFormat
from constructs import Construct

from stacks.config import StageConfig
from stacks.constructs.api_functions import ApiFunctions
from stacks.constructs.gradual import GradualDeployments
from stacks.constructs.retention import removal_policy, retention
from stacks.constructs.stack import MarqueeStack
from stacks.content_stack import ContentStack
from stacks.events_stack import EventsStack
from stacks.profiles_stack import ProfilesStack

_PROFILE = "/v1/profiles/{profile_id}"
ROUTES: dict[str, tuple[str, ...]] = {
    "titles": (
        "GET /v1/titles",
        "GET /v1/titles/{title_id}",
        "GET /v1/titles/{title_id}/similar",
        "GET /v1/search",
    ),
    "profiles": (
        "GET /v1/profiles",
        "POST /v1/profiles",
        f"GET {_PROFILE}",
        f"PATCH {_PROFILE}",
        f"DELETE {_PROFILE}",
        f"GET {_PROFILE}/export",
    ),
    "recommendations": (f"GET {_PROFILE}/home", f"GET {_PROFILE}/recommendations"),
    "interactions": (
        f"PUT {_PROFILE}/ratings/{{title_id}}",
        f"DELETE {_PROFILE}/ratings/{{title_id}}",
        f"PUT {_PROFILE}/list/{{title_id}}",
        f"DELETE {_PROFILE}/list/{{title_id}}",
    ),
    "events": (f"POST {_PROFILE}/events",),
    "playback": (
        f"POST {_PROFILE}/playback",
        f"DELETE {_PROFILE}/playback/{{stream_id}}",
    ),
}
# API Gateway's own 404 names nothing; any function's router answers in the shape of our errors.
ANSWERS_THE_REST = "titles"
# No query strings and no tokens: paths name profiles at most.
_ACCESS_LOG = {
    name: f"$context.{name}"
    for name in (
        "requestId", "requestTimeEpoch", "routeKey", "path", "status", "responseLength",
        "responseLatency", "integrationLatency", "authorizer.error", "error.message",
    )
}  # fmt: skip


class ApiStack(MarqueeStack):
    """One route table; every route needs a token of the user pool."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: StageConfig,
        content: ContentStack,
        profiles: ProfilesStack,
        events: EventsStack,
    ) -> None:
        """Functions get exactly the tables, the stream and the objects they use."""
        super().__init__(scope, id, config=config)
        self.functions = ApiFunctions(
            self, "Functions", config=config, content=content, profiles=profiles, events=events
        ).by_name
        authorizer = authorizers.HttpUserPoolAuthorizer(
            "Accounts", profiles.user_pool, user_pool_clients=[profiles.user_pool_client]
        )
        self.http_api = apigateway.HttpApi(
            self,
            "HttpApi",
            api_name=self.stack_name,
            create_default_stage=False,
            default_authorizer=authorizer,
        )
        self._stage(config)
        self._route(authorizer)
        GradualDeployments(
            self, "Deployments", functions=self.functions, canary=config.canary_deployments
        )
        CfnOutput(self, "ApiId", value=self.http_api.api_id)
        CfnOutput(self, "ApiUrl", value=self.http_api.api_endpoint)

    def _route(self, authorizer: authorizers.HttpUserPoolAuthorizer) -> None:
        for name, routes in ROUTES.items():
            integration = integrations.HttpLambdaIntegration(
                name.capitalize(),
                self.functions[name].live,
                # One permission for the API: one a route outgrows the function's policy.
                scope_permission_to_route=False,
            )
            for route in routes:
                method, path = route.split()
                self.http_api.add_routes(
                    path=path, methods=[apigateway.HttpMethod[method]], integration=integration
                )
            if name == ANSWERS_THE_REST:
                apigateway.HttpRoute(
                    self,
                    "Unknown",
                    http_api=self.http_api,
                    route_key=apigateway.HttpRouteKey.DEFAULT,
                    integration=integration,
                    authorizer=authorizer,
                )

    def _stage(self, config: StageConfig) -> None:
        group = logs.LogGroup(
            self,
            "AccessLogs",
            retention=retention(config.log_retention_days),
            removal_policy=removal_policy(config),
        )
        self.http_api.add_stage(
            "Stage",
            stage_name="$default",
            auto_deploy=True,
            detailed_metrics_enabled=True,
            throttle=apigateway.ThrottleSettings(
                rate_limit=config.api_rate_limit, burst_limit=config.api_burst_limit
            ),
            access_log_settings=_JsonAccessLog(group),
        )


@jsii.implements(apigateway.IAccessLogSettings)
class _JsonAccessLog:
    """One JSON object a request."""

    def __init__(self, group: logs.ILogGroup) -> None:
        self._group = group

    @property
    def destination(self) -> apigateway.IAccessLogDestination:
        return apigateway.LogGroupLogDestination(self._group)

    @property
    def format(self) -> AccessLogFormat:
        return AccessLogFormat.custom(json.dumps(_ACCESS_LOG))
