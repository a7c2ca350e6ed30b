"""Answers of an HTTP API that have no body."""

from __future__ import annotations

import httpx
from conformance import unique

NO_BODY = "def handler(event, context):\n    return {'statusCode': 204, 'body': None}\n"


def test_an_answer_without_a_body_reaches_the_caller(aws):
    function = aws.client("lambda").get_function(FunctionName=aws.function(NO_BODY))
    gateway = aws.client("apigatewayv2")
    api = gateway.create_api(Name=unique("api"), ProtocolType="HTTP")["ApiId"]
    integration = gateway.create_integration(
        ApiId=api,
        IntegrationType="AWS_PROXY",
        IntegrationUri=function["Configuration"]["FunctionArn"],
        PayloadFormatVersion="2.0",
    )["IntegrationId"]
    gateway.create_route(ApiId=api, RouteKey="DELETE /thing", Target=f"integrations/{integration}")
    gateway.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    answer = httpx.delete(f"{aws.endpoint}/_aws/execute-api/{api}//thing", timeout=30)
    assert (answer.status_code, answer.content) == (204, b"")
