"""From an event to a changed recommendation, against a platform that runs (``make demo``)."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

from local.emulator.kinesis_delivery.reader import LOOK_EVERY_SECONDS
from scripts.operators.api import Api
from scripts.operators.deployment import Deployment, LocalPlatform
from scripts.operators.tokens import access_token

PATIENCE_SECONDS = 20.0
LIST = 20
# The emulator looks for new records so often; AWS pushes them with enhanced fan-out.
POLLING_SECONDS = LOOK_EVERY_SECONDS


def seconds_until_it_shows(rounds: int, told: Callable[[], None]) -> list[float]:
    """For each round the time from sending that the first title was watched until it is gone.

    A profile is made for it and deleted after; each look costs a request, counted with the rest.
    """
    running = LocalPlatform.read()
    deployment = Deployment("local", endpoint=running.endpoint)
    entry = running.accounts[0]
    api = Api(running.url, access_token(deployment, entry["username"], entry["password"]))
    profile = api.post("/v1/profiles", {"name": "benchmark"})["profile_id"]
    path = f"/v1/profiles/{profile}"
    try:
        found = []
        for _ in range(rounds):
            found.append(_round(api, path))
            told()
        return found
    finally:
        api.delete(path)


def _round(api: Api, path: str) -> float:
    first = api.get(f"{path}/recommendations", limit=LIST)["items"][0]["title_id"]
    event = {"event_id": uuid.uuid4().hex, "type": "complete", "title_id": first}
    began = time.monotonic()
    api.send(path, [event | {"occurred_at": time.time()}])
    while time.monotonic() - began < PATIENCE_SECONDS:
        items = api.get(f"{path}/recommendations", limit=LIST)["items"]
        if first not in {item["title_id"] for item in items}:
            return time.monotonic() - began
    raise TimeoutError(f"{first} is still recommended after {PATIENCE_SECONDS:.0f} s")
