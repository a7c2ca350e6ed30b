"""A request that CloudFront did not pass on is refused, by every function, before anything else."""

import pytest

from adapters.edge_words import EdgeCheck
from handlers import edge
from handlers.http import LARGEST_BODY
from schemas.edge import EDGE_HEADER
from schemas.errors import NotThroughEdgeError, RetryLaterError, SettingsError
from tests.unit.handlers.conftest import API, EDGE_WORD, fields_of
from tests.unit.handlers.test_errors_over_http import SOME_ROUTE, Failing


@pytest.fixture(autouse=True)
def _nothing_is_asked(serve_with):
    for module in API:
        serve_with(module, Failing(AssertionError("must not be asked")))


@pytest.mark.parametrize("module", API)
@pytest.mark.parametrize("said", ["", "a-guess", EDGE_WORD[:-1], EDGE_WORD + "x", "ü"])
def test_what_the_edge_did_not_say_is_refused(call, module, said):
    method, path = SOME_ROUTE[module]
    status, headers, body = call(module, method, path, headers={EDGE_HEADER: said}, body="{")
    assert (status, body["error"]["code"]) == (403, "not_through_edge")
    assert fields_of(body) == [EDGE_HEADER]
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "how",
    [
        {"account": None},
        {"body": "x" * (LARGEST_BODY + 1)},
        {"headers": {EDGE_HEADER: "", "cloudfront-viewer-country": "FR"}},
    ],
)
def test_it_is_refused_before_anything_else_is_looked_at(call, how):
    how = {"headers": {EDGE_HEADER: "a-guess"}} | how
    assert call("profiles", "POST", "/v1/profiles", **how)[0] == 403


def test_unknown_routes_are_the_edges_alone_as_well(call):
    assert call("titles", "GET", "/v1/nowhere", headers={EDGE_HEADER: ""})[0] == 403


def test_a_refusal_is_counted_and_says_no_word(call, capsys):
    _, _, body = call("titles", "GET", "/v1/titles", headers={EDGE_HEADER: "a-guess"})
    written = capsys.readouterr().out
    assert '"NotThroughEdge":[1.0]' in written
    for word in ("a-guess", EDGE_WORD):
        assert word not in str(body) + written


def test_the_header_counts_in_any_case():
    edge.require({"headers": {EDGE_HEADER.title(): EDGE_WORD}})
    with pytest.raises(NotThroughEdgeError):
        edge.require({"headers": None})


def test_while_the_secret_is_away_and_nothing_is_known_it_says_when_to_come_again(
    call, monkeypatch
):
    def away():
        raise RetryLaterError("Secrets Manager did not answer; try again")

    unknowing = EdgeCheck(away, lambda: 0.0)
    monkeypatch.setattr(edge, "check", lambda: unknowing)
    status, headers, body = call("profiles", "GET", "/v1/profiles")
    assert (status, body["error"]["code"], headers["retry-after"]) == (503, "unavailable", "10")


def test_a_function_that_is_not_told_where_the_words_are_fails(call, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Marquee")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("EDGE_SECRET_ARN", raising=False)
    edge.check.cache_clear()
    with pytest.raises(SettingsError, match="EDGE_SECRET_ARN"):
        call("profiles", "GET", "/v1/profiles")
