"""A small client of Marquee's own API, for the commands and the local demo."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import httpx

from scripts.operators.errors import OperatorError


class Api:
    """Calls ``/v1`` as one viewer. Raises :class:`OperatorError` with the API's own message."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/")
        self._http = httpx.Client(
            base_url=self.url, headers={"authorization": f"Bearer {token}"}, timeout=30.0
        )

    def get(self, path: str, **query: str | int) -> Any:  # noqa: ANN401 - JSON
        """``GET path`` with a query; the JSON body."""
        return self._json(self._http.get(path, params=query))

    def post(self, path: str, body: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """``POST path`` with a JSON body; the JSON answer."""
        return self._json(self._http.post(path, json=body))

    def send(self, profile: str, events: Sequence[dict[str, Any]]) -> Any:  # noqa: ANN401 - JSON
        """Sends events of the profile at this path, as of now; the JSON answer."""
        return self.post(f"{profile}/events", {"sent_at": time.time(), "events": list(events)})

    def delete(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """``DELETE path``; the JSON answer, nothing where there is none."""
        return self._json(self._http.delete(path))

    def _json(self, response: httpx.Response) -> Any:  # noqa: ANN401 - JSON
        if response.is_success:
            return response.json() if response.content else None
        request = response.request
        raise OperatorError(
            f"{request.method} {request.url.path} answered {response.status_code}: "
            f"{response.text[:500]}",
            next_step="scripts/marquee status   says what is up and what is not",
        )
