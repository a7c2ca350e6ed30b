"""Feeds records to a stream consumer's function, as the stream would."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal

from scripts.operators.deployment import Deployment
from scripts.operators.errors import OperatorError

Consumer = Literal["profile", "trending"]
OUTPUTS: dict[Consumer, str] = {
    "profile": "ProfileConsumerName",
    "trending": "TrendingConsumerName",
}
BATCH = 200  # some 100 KB: a call takes 6 MB
SHARD = "shardId-replay"
# So many records in a row that break a function: it is the function that is broken.
MOST_BROKEN = 10
_ATTEMPTS = 5
_PAUSE_SECONDS = 1.0


@dataclass(frozen=True)
class Replayed:
    """A record to feed; ``sequence`` tells it from the others of its ``shard``."""

    data: bytes
    sequence: str
    shard: str = SHARD
    arrived_at: float = 0.0


@dataclass
class Pace:
    """Lets no more than ``rate`` records a second through."""

    rate: float
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _begun: float | None = None
    _passed: int = field(default=0)

    def wait(self, records: int) -> None:
        """Returns when so many more may go."""
        if self._begun is None:
            self._begun = self.monotonic()
        early = self._begun + self._passed / self.rate - self.monotonic()
        if early > 0:
            self.sleep(early)
        self._passed += records


class Feed:
    """One consumer's alias ``live``. What it answers as failed is fed again, then given up.

    A batch that breaks the function is halved, so that one record holds up no others.
    """

    def __init__(self, deployment: Deployment, consumer: Consumer, pace: Pace) -> None:
        self.consumer, self._pace = consumer, pace
        self._broken_in_a_row = 0
        self._lambda = deployment.client("lambda")
        self._name = f"{deployment.output('events', OUTPUTS[consumer])}:live"

    def send(
        self, records: Iterable[Replayed], on_sent: Callable[[int], None]
    ) -> Sequence[Replayed]:
        """Feeds all, in order; ``on_sent`` is called with how many more the consumer took.

        Returns the records that break the function, each by itself; all others were taken.
        """
        return [broken for batch in _batches(records) for broken in self._feed(batch, on_sent)]

    def _feed(
        self, batch: Sequence[Replayed], on_sent: Callable[[int], None]
    ) -> Iterator[Replayed]:
        left = batch
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._pace.sleep(_PAUSE_SECONDS * 2**attempt)
            self._pace.wait(len(left))
            failed = self._invoke(left)
            if failed is None:
                yield from self._broke(left, on_sent)
                return
            on_sent(len(left) - len(failed))
            left = failed
            if not left:
                self._broken_in_a_row = 0
                return
        raise OperatorError(
            f"the {self.consumer} consumer did not take a record after {_ATTEMPTS} tries: "
            f"{left[0].data[:200]!r}",
            next_step="see its log; then run the same again, what it took counts once",
        )

    def _broke(
        self, batch: Sequence[Replayed], on_sent: Callable[[int], None]
    ) -> Iterator[Replayed]:
        """The function failed as a whole: its halves by themselves, down to the record."""
        if len(batch) > 1:
            middle = len(batch) // 2
            yield from self._feed(batch[:middle], on_sent)
            yield from self._feed(batch[middle:], on_sent)
            return
        self._broken_in_a_row += 1
        if self._broken_in_a_row == MOST_BROKEN:
            raise OperatorError(
                f"the {self.consumer} consumer's function broke on {MOST_BROKEN} records in a row",
                next_step="see its log and mend it; then run the same again",
            )
        yield batch[0]

    def _invoke(self, batch: Sequence[Replayed]) -> Sequence[Replayed] | None:
        """Those that it wants again: from the first that failed on; None where it broke."""
        event = {"Records": [_kinesis(record) for record in batch]}
        answer = self._lambda.invoke(FunctionName=self._name, Payload=json.dumps(event).encode())
        body = json.loads(answer["Payload"].read() or b"null")
        if answer.get("FunctionError"):
            return None
        failures = {item["itemIdentifier"] for item in body["batchItemFailures"]}
        first = next(
            (place for place, each in enumerate(batch) if each.sequence in failures), len(batch)
        )
        return batch[first:]


def _batches(records: Iterable[Replayed]) -> Iterator[Sequence[Replayed]]:
    waiting = iter(records)
    while batch := list(islice(waiting, BATCH)):
        yield batch


def _kinesis(record: Replayed) -> dict[str, Any]:
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": SHARD,
            "sequenceNumber": record.sequence,
            "data": base64.b64encode(record.data).decode(),
            "approximateArrivalTimestamp": record.arrived_at,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{record.shard}:{record.sequence}",
        "eventName": "aws:kinesis:record",
    }
