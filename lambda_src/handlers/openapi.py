"""The API's OpenAPI 3.1 document, from the routes themselves.

``python -m handlers.openapi docs/openapi.json`` (with ``lambda_src`` on the path) writes it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from pydantic.json_schema import models_json_schema

from handlers import events, interactions, playback, profiles, recommendations, titles
from schemas.events import VIEWER_EVENT
from schemas.responses import ErrorAnswer

VERSION = "1.0.0"
REF = "#/components/schemas/{model}"
DESCRIPTION = (
    "A personalised video-streaming platform. Every call carries an access token of the user "
    "pool; profiles belong to the token's account."
)
_FUNCTIONS = (titles, profiles, recommendations, interactions, events, playback)
# Status, name and words of the answers that any call may get; a body makes 409 and 413 possible.
_ERRORS = (
    ("400", "InvalidRequest", "The request is wrong; the details name the fields."),
    ("401", "Unauthenticated", "No valid token."),
    ("403", "NotThroughEdge", "Not asked through the platform's own domain."),
    ("404", "NotFound", "Not there, or not for this account and profile."),
    ("409", "Conflict", "The state of things refuses it."),
    ("413", "TooLarge", "A body of more than 1 MiB."),
    ("429", "Throttled", "Too fast; `Retry-After` says when to try again."),
    ("503", "Unavailable", "Not now; `Retry-After` says when to try again."),
)
_WITHOUT_BODY = {"409", "413"}


def document() -> dict[str, Any]:
    """The whole document."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = _event_schemas() | _error_schemas()
    for function in _FUNCTIONS:
        part = _of(function.app)
        for path, operations in part["paths"].items():
            for method, operation in operations.items():
                _describe(function, method, operation)
            paths[path] = operations
        schemas |= part.get("components", {}).get("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError", "ResponseValidationError"):
        schemas.pop(unused, None)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Marquee", "version": VERSION, "description": DESCRIPTION},
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "responses": {name: _error(status, words) for status, name, words in _ERRORS},
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
            },
        },
    }


def text() -> str:
    """The document as it is committed."""
    written = json.dumps(document(), indent=2, ensure_ascii=False)
    return written.replace("``", "`") + "\n"  # docstrings quote in their own way


def _of(app: APIGatewayHttpResolver) -> dict[str, Any]:
    described = app.get_openapi_schema(title="Marquee", version=VERSION)
    return described.model_dump(mode="json", by_alias=True, exclude_none=True)


def _describe(function: ModuleType, method: str, operation: dict[str, Any]) -> None:
    # The route's own function: its name and the first line it says of itself.
    name = operation["operationId"].split("_v1_")[0]
    operation["operationId"] = name
    operation["summary"] = getattr(function, name).__doc__.splitlines()[0]
    responses = operation["responses"]
    responses.pop("422", None)
    for status, response in responses.items():
        response["description"] = "Done."
        if status == "204":
            response.pop("content", None)
    for status, name, _ in _ERRORS:
        if method != "get" or status not in _WITHOUT_BODY:
            responses[status] = {"$ref": f"#/components/responses/{name}"}


def _error(status: str, words: str) -> dict[str, Any]:
    schema = {"$ref": REF.format(model="ErrorAnswer")}
    response: dict[str, Any] = {
        "description": words,
        "content": {"application/json": {"schema": schema}},
    }
    if status in {"429", "503"}:
        header = {"schema": {"type": "integer"}, "description": "Seconds."}
        response["headers"] = {"Retry-After": header}
    return response


def _event_schemas() -> dict[str, Any]:
    schema = VIEWER_EVENT.json_schema(ref_template=REF)
    return {**schema.pop("$defs"), "ViewerEvent": schema}


def _error_schemas() -> dict[str, Any]:
    _, schema = models_json_schema([(ErrorAnswer, "serialization")], ref_template=REF)
    return dict(schema["$defs"])


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(), encoding="utf-8")
