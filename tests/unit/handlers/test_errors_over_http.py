import base64
import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

import handlers
from handlers.http import LARGEST_BODY, STATUS
from schemas import errors
from schemas.errors import ConflictError, MarqueeError, RetryLaterError, ThrottledError
from tests.unit.handlers.conftest import API, Context, fields_of, http_event

SOME_ROUTE = {
    "titles": ("GET", "/v1/titles"),
    "profiles": ("GET", "/v1/profiles"),
    "recommendations": ("GET", "/v1/profiles/p1/home"),
    "interactions": ("PUT", "/v1/profiles/p1/list/t1"),
    "events": ("POST", "/v1/profiles/p1/events"),
    "playback": ("POST", "/v1/profiles/p1/playback"),
}


class Failing:
    """A use case that fails with one error, whatever is asked."""

    def __init__(self, error):
        self.error = error

    def __getattr__(self, name):
        def fail(*args, **kwargs):
            raise self.error

        return fail


@pytest.mark.parametrize("module", API)
def test_no_identity_is_401(call, module):
    method, path = SOME_ROUTE[module]
    body = {"sent_at": 0, "events": [{}]} if module == "events" else {"title_id": "t1"}
    for account in (None, ""):
        status, _, answer = call(module, method, path, account=account, body=body)
        assert (status, answer["error"]["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize(
    "authorizer", [{}, {"jwt": None}, {"jwt": {"claims": None}}, {"jwt": {"claims": {"sub": 7}}}]
)
def test_an_odd_authoriser_is_no_identity(authorizer):
    event = http_event("GET", "/v1/profiles", account=None)
    event["requestContext"]["authorizer"] = authorizer
    answer = importlib.import_module("handlers.profiles").handler(event, Context())
    assert answer["statusCode"] == 401


@pytest.mark.parametrize("module", API)
@pytest.mark.parametrize(("method", "path"), [("GET", "/v2/nowhere"), ("TRACE", "/v1/titles")])
def test_an_unknown_route_is_json(call, module, method, path):
    status, headers, body = call(module, method, path)
    assert (status, headers["content-type"]) == (404, "application/json")
    assert body["error"]["code"] == "not_found"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("{", "body"),
        ("", "body"),
        (None, "body"),
        ("[]", "body"),
        ('"x"', "body"),
        ("null", "body"),
        ("[" * 100_000, "body"),
        ("9" * 5000, "body"),
        ("{}", "name"),
        ('{"name": 7}', "name"),
        ('{"name": "Ada", "maturity_ceiling": NaN}', "maturity_ceiling"),
        ('{"name": "Ada", "nick": "A"}', "nick"),
    ],
)
def test_a_bad_body_is_400_and_names_the_field(call, serve_with, body, field):
    serve_with("profiles", Failing(AssertionError("must not be asked")))
    status, _, answer = call("profiles", "POST", "/v1/profiles", body=body)
    assert (status, answer["error"]["code"]) == (400, "invalid_request")
    assert field in fields_of(answer)
    assert field in answer["error"]["message"]


def test_bytes_that_are_no_text_are_400(call):
    event = http_event("POST", "/v1/profiles", body=base64.b64encode(b"\xff\xfe").decode())
    event["isBase64Encoded"] = True
    answer = importlib.import_module("handlers.profiles").handler(event, Context())
    assert answer["statusCode"] == 400
    assert fields_of(json.loads(answer["body"])) == ["body"]


def test_another_content_type_is_400(call):
    status, _, body = call(
        "profiles", "POST", "/v1/profiles", body="name=Ada", headers={"content-type": "text/csv"}
    )
    assert (status, fields_of(body)) == (400, ["content-type"])


@pytest.mark.parametrize("text", ["x" * (LARGEST_BODY + 1), "ü" * (LARGEST_BODY // 2 + 1)])
def test_too_large_a_body_is_413(call, text):
    status, _, body = call("profiles", "POST", "/v1/profiles", body=text)
    assert (status, body["error"]["code"], fields_of(body)) == (413, "too_large", ["body"])


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ThrottledError("busy", retry_after_seconds=7), 429, "throttled"),
        (RetryLaterError("down", retry_after_seconds=7), 503, "unavailable"),
    ],
)
def test_what_may_pass_says_when_to_come_again(call, serve_with, error, status, code):
    serve_with("profiles", Failing(error))
    got, headers, body = call("profiles", "GET", "/v1/profiles")
    assert (got, body["error"]["code"], headers["retry-after"]) == (status, code, "7")


def test_a_conflict_is_409(call, serve_with):
    serve_with("profiles", Failing(ConflictError("no")))
    assert call("profiles", "GET", "/v1/profiles")[0] == 409


def test_a_bug_fails_the_function(call, serve_with):
    serve_with("profiles", Failing(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        call("profiles", "GET", "/v1/profiles")


def test_a_missing_setting_fails_the_function_and_names_it(call, monkeypatch):
    monkeypatch.delenv("PROFILES_TABLE", raising=False)
    importlib.import_module("handlers.profiles").service.cache_clear()
    with pytest.raises(errors.SettingsError, match="PROFILES_TABLE"):
        call("profiles", "GET", "/v1/profiles")


def test_every_error_of_the_tree_has_a_status_or_is_the_functions_own():
    def below(kind):
        return {kind}.union(*(below(child) for child in kind.__subclasses__()))

    own = {errors.SettingsError, errors.StorageError, errors.ModelUnavailableError}
    own |= below(errors.PipelineError)
    for kind in below(MarqueeError) - {MarqueeError} - own:
        assert any(ancestor in STATUS for ancestor in kind.__mro__), kind


FUNCTIONS = (
    *API,
    *("profile_consumer", "trending_consumer", "training_snapshot", "model_gate"),
    *("model_publish", "model_verify", "signing_key"),
)


def test_importing_the_functions_reads_no_environment_and_makes_no_client():
    script = "\n".join(
        [
            f"import {', '.join(f'handlers.{name}' for name in FUNCTIONS)}",
            "from adapters import clients",
            "makers = (clients.dynamodb, clients.kinesis, clients.s3, clients.ssm, "
            "clients.secretsmanager)",
            "assert not any(make.cache_info().currsize for make in makers)",
        ]
    )
    bare = {"PYTHONPATH": str(Path(handlers.__file__).parents[1])}
    subprocess.run([sys.executable, "-c", script], env=bare, check=True)


@pytest.mark.parametrize("encoded", [False, True])
def test_a_body_that_curl_calls_a_form_is_read_as_json(call, serve_with, encoded):
    seen = []

    class Events:
        def accept(self, asker, events, *, sent_at):
            seen.extend(events)
            raise ConflictError("far enough")

    serve_with("events", Events())
    body = json.dumps({"sent_at": 0, "events": [{"event_id": "e" * 8}]})
    if encoded:  # as API Gateway hands over whatever is not text to it
        body = base64.b64encode(body.encode()).decode()
    form = {"content-type": "application/x-www-form-urlencoded"}
    status, _, _ = call(
        "events", "POST", "/v1/profiles/p1/events", body=body, headers=form, encoded=encoded
    )
    assert status == 409
    assert seen == [{"event_id": "e" * 8}]
