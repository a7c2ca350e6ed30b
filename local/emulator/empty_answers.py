"""A function's answer without a body reaches the caller of an HTTP API.

AWS: a proxy answer may leave its body out, or make it null, as a 204 does. Upstream: a null body
ends the request with a 500 of the server itself.
"""

from __future__ import annotations

from typing import Any

from local.emulator import upstream


def close() -> None:
    """Sends an empty body for none."""
    apigateway = upstream.require(
        "ministack.services.apigateway",
        "handle_execute(api_id, stage, path, method, headers, body, query_params, "
        "raw_query_string)",
    )
    execute = apigateway.handle_execute

    async def handle_execute(  # as upstream's, whatever it takes
        *args: Any,  # noqa: ANN401
        **kwargs: Any,  # noqa: ANN401
    ) -> tuple[int, dict[str, str], Any]:
        status, headers, body = await execute(*args, **kwargs)
        return status, headers, b"" if body is None else body

    apigateway.handle_execute = handle_execute
