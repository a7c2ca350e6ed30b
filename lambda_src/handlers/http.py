"""What all functions of the API share: who calls, the one shape of errors, the last resort."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.depends import Depends
from aws_lambda_powertools.event_handler.exceptions import NotFoundError as NoRouteError
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
)
from aws_lambda_powertools.event_handler.openapi.params import Path
from aws_lambda_powertools.event_handler.request import Request
from aws_lambda_powertools.utilities.typing import LambdaContext

from adapters.observability import flush, logger
from handlers import edge
from schemas.errors import (
    ConflictError,
    Detail,
    InvalidRequestError,
    MarqueeError,
    NotFoundError,
    NotPlayableError,
    NotThroughEdgeError,
    ProfileLimitError,
    RetryLaterError,
    StreamLimitError,
    ThrottledError,
    TooLargeError,
    UnauthenticatedError,
)
from schemas.fields import PROFILE_ID_PATTERN, TITLE_ID_PATTERN
from schemas.responses import DetailCard, ErrorAnswer, ErrorBody
from schemas.validation import details_of

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
LARGEST_BODY = 1024 * 1024

# The one place where errors become responses; the nearest class in an error's ancestry counts.
STATUS: Mapping[type[MarqueeError], tuple[int, str]] = {
    InvalidRequestError: (400, "invalid_request"),
    UnauthenticatedError: (401, "unauthenticated"),
    NotThroughEdgeError: (403, "not_through_edge"),
    NotFoundError: (404, "not_found"),
    ConflictError: (409, "conflict"),
    ProfileLimitError: (409, "profile_limit"),
    NotPlayableError: (409, "not_playable"),
    StreamLimitError: (409, "stream_limit"),
    TooLargeError: (413, "too_large"),
    ThrottledError: (429, "throttled"),
    RetryLaterError: (503, "unavailable"),
}

TitleIdInPath = Annotated[str, Path(pattern=TITLE_ID_PATTERN, description="A title's id.")]
ProfileIdInPath = Annotated[
    str, Path(pattern=PROFILE_ID_PATTERN, description="A profile of the token's account.")
]


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose token it is, the moment (Unix seconds), and where the request comes from."""

    account_id: str
    now: float
    country: str | None


def _caller(request: Request) -> Caller:
    event = request.resolved_event
    subject = _claims(event.raw_event).get("sub")
    if not isinstance(subject, str) or not subject:
        raise UnauthenticatedError(
            "sign in first", details=[Detail("authorization", "carries no subject")]
        )
    return Caller(subject, time.time(), edge.country(event.raw_event))


def _claims(event: Mapping[str, Any]) -> Mapping[str, Any]:
    found: object = event
    for part in ("requestContext", "authorizer", "jwt", "claims"):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


CallerOfToken = Annotated[Caller, Depends(_caller)]


def application() -> APIGatewayHttpResolver:
    """A function's router: requests are validated against its signatures, errors have our shape."""
    app = APIGatewayHttpResolver(enable_validation=True, json_body_deserializer=_json)
    app.exception_handler(MarqueeError)(_respond)
    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(RequestUnsupportedContentType)(_not_json)
    app.exception_handler(NoRouteError)(_no_route)
    app.exception_handler(UnicodeDecodeError)(_unreadable)
    return app


def serve(
    app: APIGatewayHttpResolver, event: dict[str, Any], context: LambdaContext
) -> dict[str, Any]:
    """Answers one request of the edge's. A bug is raised: the function's alarm must see it."""
    log = logger()
    log.append_keys(request_id=event.get("requestContext", {}).get("requestId"))
    try:
        edge.require(event)  # before anything is done, or believed of its headers
        if _body_bytes(event) > LARGEST_BODY:
            limit = f"is larger than {LARGEST_BODY} bytes"
            raise TooLargeError("body too large", details=[Detail("body", limit)])
        return app.resolve(_as_json(event), context)
    except (NotThroughEdgeError, RetryLaterError, TooLargeError) as error:
        return _as_answer(error)
    finally:
        flush()


def _body_bytes(event: Mapping[str, Any]) -> float:
    body: str = event.get("body") or ""
    if event.get("isBase64Encoded"):
        return len(body) * 0.75  # four characters stand for three bytes
    return len(body) if body.isascii() else len(body.encode(errors="surrogatepass"))


def _as_json(event: dict[str, Any]) -> dict[str, Any]:
    """``event`` with its body declared as JSON where the client declared it a form.

    That is what `curl -d` says of any body unless told otherwise, and no route takes forms.
    """
    headers: Mapping[str, str] = event.get("headers") or {}
    changed = {
        name: JSON if name.lower() == "content-type" and value.lower().startswith(FORM) else value
        for name, value in headers.items()
    }
    return {**event, "headers": changed}


def failure(error: MarqueeError) -> tuple[int, dict[str, str], str]:
    """Status, headers and body of an error's response."""
    status, code = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    body = ErrorBody(
        code=code,
        message=error.message,
        details=[DetailCard.of(detail) for detail in error.details],
    )
    headers = {}
    if isinstance(error, RetryLaterError):
        headers["Retry-After"] = str(error.retry_after_seconds)
    answer = ErrorAnswer(error=body).model_dump() | dict(error.beside())
    return status, headers, json.dumps(answer)


def _respond(error: MarqueeError) -> Response[str]:
    if not any(kind in STATUS for kind in type(error).__mro__):
        raise error
    status, headers, body = failure(error)
    if status >= 429:
        logger().warning(error.message, extra={"error": type(error).__name__})
    return Response(status, JSON, body, headers)


def _as_answer(error: MarqueeError) -> dict[str, Any]:
    status, headers, body = failure(error)
    headers = {"Content-Type": JSON, **headers}
    return {"statusCode": status, "headers": headers, "body": body, "isBase64Encoded": False}


def _json(text: str) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidRequestError.of("body", f"is not JSON: {error}") from error
    except (ValueError, RecursionError) as error:  # a number or a nesting of absurd size
        raise InvalidRequestError.of("body", "is not JSON that can be read") from error


def _invalid(error: RequestValidationError) -> Response[str]:
    details = details_of(error.errors())
    words = "; ".join(f"{detail.field}: {detail.message}" for detail in details)
    return _respond(InvalidRequestError(words or "invalid request", details=details))


def _not_json(_error: RequestUnsupportedContentType) -> Response[str]:
    return _respond(InvalidRequestError.of("content-type", "must be application/json"))


def _unreadable(_error: UnicodeDecodeError) -> Response[str]:
    return _respond(InvalidRequestError.of("body", "is not text in UTF-8"))


def _no_route(_error: NoRouteError) -> Response[str]:
    return _respond(NotFoundError("there is no such route", details=[Detail("path", "unknown")]))
