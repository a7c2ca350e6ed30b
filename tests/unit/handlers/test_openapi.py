import json
from pathlib import Path

import pytest

from handlers.openapi import document, text

COMMITTED = Path(__file__).parents[3] / "docs" / "openapi.json"
PROFILE = "/v1/profiles/{profile_id}"
ROUTES = {
    ("get", "/v1/titles"),
    ("get", "/v1/titles/{title_id}"),
    ("get", "/v1/titles/{title_id}/similar"),
    ("get", "/v1/search"),
    ("get", "/v1/profiles"),
    ("post", "/v1/profiles"),
    ("get", PROFILE),
    ("patch", PROFILE),
    ("delete", PROFILE),
    ("get", f"{PROFILE}/export"),
    ("get", f"{PROFILE}/home"),
    ("get", f"{PROFILE}/recommendations"),
    ("put", f"{PROFILE}/ratings/{{title_id}}"),
    ("delete", f"{PROFILE}/ratings/{{title_id}}"),
    ("put", f"{PROFILE}/list/{{title_id}}"),
    ("delete", f"{PROFILE}/list/{{title_id}}"),
    ("post", f"{PROFILE}/events"),
    ("post", f"{PROFILE}/playback"),
    ("delete", f"{PROFILE}/playback/{{stream_id}}"),
}


@pytest.fixture(scope="module")
def api():
    return document()


def references(part):
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"]
        yield from (found for value in part.values() for found in references(value))
        mapping = part.get("discriminator", {}).get("mapping", {})
        yield from mapping.values()
    elif isinstance(part, list):
        yield from (found for value in part for found in references(value))


def test_the_committed_document_is_current():
    assert COMMITTED.read_text(encoding="utf-8") == text(), (
        "write it anew: PYTHONPATH=lambda_src python -m handlers.openapi docs/openapi.json"
    )


def test_it_holds_every_route_and_no_other(api):
    described = {
        (method, path) for path, operations in api["paths"].items() for method in operations
    }
    assert described == ROUTES


def test_every_reference_leads_somewhere(api):
    for reference in references(api):
        part = api
        for step in reference.removeprefix("#/").split("/"):
            assert step in part, reference
            part = part[step]


def test_every_call_needs_a_token_and_can_fail_in_our_shape(api):
    assert api["openapi"].startswith("3.1")
    assert api["security"] == [{"token": []}]
    for operations in api["paths"].values():
        for operation in operations.values():
            assert {"400", "401", "403", "404", "429", "503"} <= set(operation["responses"])
    shape = api["components"]["responses"]["NotFound"]["content"]["application/json"]["schema"]
    assert shape == {"$ref": "#/components/schemas/ErrorAnswer"}


def test_every_event_type_is_described(api):
    types = api["components"]["schemas"]["ViewerEvent"]["discriminator"]["mapping"]
    assert set(types) == {
        *("play", "progress", "pause", "complete", "abandon", "rate", "rate_remove"),
        *("list_add", "list_remove", "impression", "click", "dismiss", "search"),
        "playback_quality",
    }


def test_operation_ids_are_unique(api):
    ids = [op["operationId"] for ops in api["paths"].values() for op in ops.values()]
    assert len(ids) == len(set(ids)) == len(ROUTES)


def test_it_is_json(api):
    assert json.loads(text())["info"] == api["info"]
