"""How fast the handlers' own code is on one core, with storage outside of the timed part."""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any
from unittest.mock import patch

from adapters.edge_words import EdgeCheck
from adapters.event_stream import EventStream
from adapters.viewing_items import raw_of
from adapters.viewing_table import ViewingTable
from benchmarks.plane.consumer import Context, environment, record, storage
from benchmarks.plane.load import KINDS, raw_event, sealed_event
from benchmarks.plane.memory import MemoryBucket
from handlers import events as ingest
from handlers import profile_consumer, trending_consumer
from recommender.history import TitleState
from schemas.edge import EDGE_HEADER
from schemas.profiles import Profile
from services.events import EventService

BATCH = 500
VIEWERS = 2_000
EDGE_WORD = "what-the-edge-says"
Told = Callable[[], None]


class Storage:
    """``client``, with the processor time that its calls take, on whatever thread."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._lock = threading.Lock()
        self.seconds = 0.0

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._client, name)

        def call(**request: Any) -> Any:
            began = time.thread_time()
            try:
                return real(**request)
            finally:
                with self._lock:
                    self.seconds += time.thread_time() - began

        return call


@dataclass(frozen=True)
class Speed:
    """Processor seconds of our own code for so many events."""

    events: int
    seconds: float

    @property
    def per_second(self) -> float:
        """Events a second on one core."""
        return self.events / self.seconds


def consumer(batches: int, told: Told) -> Speed:
    """The profile consumer: from Lambda's event to the statements that are to be written."""
    return _consumed(profile_consumer, KINDS, batches, told)


def windows(batches: int, told: Told, *, kinds: Sequence[str] = KINDS) -> Speed:
    """The windows' consumer: from Lambda's event to the transactions that are to be written."""
    return _consumed(trending_consumer, kinds, batches, told)


def _consumed(consumer: ModuleType, kinds: Sequence[str], batches: int, told: Told) -> Speed:
    rng, now = random.Random(1), time.time()
    viewers = [(f"account-{n // 3}", f"profile-{n}") for n in range(VIEWERS)]
    dynamo = Storage(storage(viewers))
    invocations = []
    for batch in range(batches):
        records = [
            record(
                batch * BATCH + n,
                sealed_event(rng, rng.choice(viewers), now, kinds),
                arrived_at=now,
            )
            for n in range(BATCH)
        ]
        invocations.append({"Records": records})
        told()
    context: Any = Context()
    with environment(dynamo, MemoryBucket()):
        consumer.handler(invocations[0], context)  # imports, caches
        dynamo.seconds, began = 0.0, time.process_time()
        for invocation in invocations:
            consumer.handler(invocation, context)
            told()
        spent = time.process_time() - began
    return Speed(batches * BATCH, spent - dynamo.seconds)


def window_writes(batch: int, kinds: Sequence[str] = KINDS, batches: int = 40) -> float:
    """Items that the windows' transactions write for each event, ``batch`` events at a time."""
    rng, now = random.Random(2), time.time()
    dynamo, written = storage([]), 0
    transact = dynamo.transact_write_items

    def counted(**request: Any) -> Any:
        nonlocal written
        written += len(request["TransactItems"])
        return transact(**request)

    dynamo.transact_write_items = counted  # type: ignore[method-assign]
    context: Any = Context()
    with environment(dynamo, MemoryBucket()):
        for number in range(batches):
            asker = (f"account-{number}", f"profile-{number}")
            data = [sealed_event(rng, asker, now, kinds) for _ in range(batch)]
            records = [record(n, one, arrived_at=now) for n, one in enumerate(data)]
            trending_consumer.handler({"Records": records}, context)
    return written / (batches * batch)


class _Stream:
    def put_records(self, *, StreamName: str, Records: list[Any]) -> Any:  # noqa: N803 - boto3's
        return {"Records": [{} for _ in Records]}


class _Profiles:
    def get(self, account_id: str, profile_id: str) -> Profile:
        return Profile(profile_id=profile_id, name="Ada", country="DE", created_at=0.0)


def ingestion(batches: int, told: Told) -> Speed:
    """The events function: from API Gateway's request to the records that are to be put."""
    rng, now = random.Random(1), time.time()
    stream = Storage(_Stream())
    service = EventService(
        profiles=_Profiles(),  # type: ignore[arg-type]
        events=EventStream(stream, "events"),
        count=lambda *_args, **_dimensions: None,
    )
    requests = []
    for _ in range(batches):
        body = {"sent_at": now, "events": [raw_event(rng, now) for _ in range(BATCH)]}
        requests.append(_request(json.dumps(body)))
        told()
    context: Any = Context()
    variables = {"POWERTOOLS_SERVICE_NAME": "events", "POWERTOOLS_METRICS_NAMESPACE": "Marquee"}
    known = EdgeCheck(lambda: {"generation1": EDGE_WORD}, time.monotonic)
    with (
        patch.dict(os.environ, variables),
        patch.object(ingest, "service", lambda: service),
        patch("handlers.edge.check", lambda: known),
    ):
        if ingest.handler(requests[0], context)["statusCode"] != 202:
            raise ValueError("the events function refuses what it is measured with")
        stream.seconds, began = 0.0, time.process_time()
        for request in requests:
            ingest.handler(request, context)
            told()
        spent = time.process_time() - began
    return Speed(batches * BATCH, spent - stream.seconds)


@dataclass(frozen=True)
class History:
    """What a request reads of a long history, and how long it takes to make states of it."""

    titles: int
    bytes: int
    seconds: float


def history(titles: int) -> History:
    """A viewer with so many titles, read as a request reads them."""
    now = time.time()
    dynamo = storage([])
    for number in range(titles):
        state = TitleState(
            title_id=f"mq-{number:05}",
            position_seconds=5400.5,
            duration_seconds=5400.5,
            position_at=now,
            completed_at=now,
            rating=4.0 if number % 5 == 0 else None,
            rated_at=now if number % 5 == 0 else None,
        )
        raw = raw_of("account-1", "profile-1", state, 541)
        dynamo.tables["Viewing"]["profile-1", state.title_id] = raw
    table = ViewingTable(Storage(dynamo), "Viewing")  # type: ignore[arg-type]
    table.history("profile-1")
    table.client.seconds, began = 0.0, time.process_time()  # type: ignore[attr-defined]
    table.history("profile-1")
    spent = time.process_time() - began - table.client.seconds  # type: ignore[attr-defined]
    items = dynamo.tables["Viewing"].values()
    return History(titles, sum(map(_bytes, items)), spent)


def _bytes(raw: dict[str, Any]) -> int:
    # As DynamoDB counts: names, text, two digits of a number a byte and one more.
    kinds: dict[str, Callable[[Any], int]] = {
        "S": len,
        "N": lambda number: len(number.replace(".", "")) // 2 + 2,
        "BOOL": lambda _truth: 1,
    }
    return sum(len(n) + kinds[k](v) for n, typed in raw.items() for k, v in typed.items())


def _request(body: str) -> dict[str, Any]:
    path = "/v1/profiles/profile-1/events"
    return {
        "version": "2.0",
        "routeKey": f"POST {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {
            "content-type": "application/json",
            "cloudfront-viewer-country": "DE",
            EDGE_HEADER: EDGE_WORD,
        },
        "requestContext": {
            "requestId": "request",
            "stage": "$default",
            "http": {"method": "POST", "path": path, "sourceIp": "192.0.2.1"},
            "authorizer": {"jwt": {"claims": {"sub": "account-1"}, "scopes": None}},
        },
        "isBase64Encoded": False,
        "body": body,
    }
