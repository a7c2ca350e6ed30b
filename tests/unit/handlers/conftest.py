"""The functions as Lambda calls them, with the outside world faked."""

from __future__ import annotations

import importlib
import json
import time

import pytest

from adapters.edge_words import EdgeCheck
from schemas.edge import EDGE_HEADER
from tests.unit.services.fakes import ACCOUNT

API = ("titles", "profiles", "recommendations", "interactions", "events", "playback")
EDGE_WORD = "what-the-edge-says"


@pytest.fixture(autouse=True)
def _powertools(monkeypatch):
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Marquee")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "test")


@pytest.fixture(autouse=True)
def _edge(monkeypatch):
    """The functions know what :func:`http_event` says, as CloudFront does."""
    known = EdgeCheck(lambda: {"generation1": EDGE_WORD}, time.monotonic)
    monkeypatch.setattr("handlers.edge.check", lambda: known)


class Context:
    function_name = "function"
    memory_limit_in_mb = 128
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:function"
    aws_request_id = "request-1"


def http_event(
    method, path, *, body=None, query=None, account=ACCOUNT, headers=None, encoded=False
):
    """What an HTTP API sends a function, payload format 2.0, of a request through the edge."""
    context = {
        "requestId": "r1",
        "stage": "$default",
        "http": {"method": method, "path": path, "sourceIp": "192.0.2.1"},
    }
    if account is not None:
        context["authorizer"] = {"jwt": {"claims": {"sub": account}, "scopes": None}}
    event = {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json", EDGE_HEADER: EDGE_WORD} | (headers or {}),
        "requestContext": context,
        "isBase64Encoded": encoded,
    }
    if query:
        event["queryStringParameters"] = query
    if body is not None:
        event["body"] = body if isinstance(body, str) else json.dumps(body)
    return event


@pytest.fixture
def call():
    """Calls ``module``'s handler; (status, headers, parsed body)."""

    def request(module, method, path, **how):
        handler = importlib.import_module(f"handlers.{module}").handler
        answer = handler(http_event(method, path, **how), Context())
        body = answer.get("body")
        headers = {name.lower(): value for name, value in answer["headers"].items()}
        return answer["statusCode"], headers, json.loads(body) if body else None

    return request


@pytest.fixture
def serve_with(monkeypatch):
    """Puts a use case made of fakes in the place of a function's own."""

    def replace(module, service):
        monkeypatch.setattr(f"handlers.{module}.service", lambda: service)

    return replace


def fields_of(body):
    return [detail["field"] for detail in body["error"]["details"]]
