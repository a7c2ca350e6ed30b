"""The event stream: what it does not take at once is put again, a bounded number of times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.faults import back_off, translated
from adapters.items import chunks
from schemas.envelope import Envelope
from schemas.errors import ThrottledError

if TYPE_CHECKING:
    from mypy_boto3_kinesis import KinesisClient
    from mypy_boto3_kinesis.type_defs import PutRecordsRequestEntryTypeDef

_RECORDS_AT_ONCE = 500
_ATTEMPTS = 4


@dataclass(frozen=True)
class EventStream:
    """A :class:`services.ports.EventSink`."""

    client: KinesisClient
    stream: str

    def put(self, envelopes: Sequence[Envelope]) -> list[int]:
        """Puts records by profile; the places of those that were refused to the last."""
        places = list(range(len(envelopes)))
        return [
            place
            for chunk in chunks(places, _RECORDS_AT_ONCE)
            for place in self._put_chunk(envelopes, list(chunk))
        ]

    def _put_chunk(self, envelopes: Sequence[Envelope], places: list[int]) -> list[int]:
        entries = {place: _entry(envelopes[place]) for place in places}
        for attempt in range(_ATTEMPTS):
            if attempt:
                back_off(attempt, base=0.1)
            places = self._refused([entries[place] for place in places], places)
            if not places:
                break
        return places

    def _refused(
        self, entries: Sequence[PutRecordsRequestEntryTypeDef], places: list[int]
    ) -> list[int]:
        try:
            with translated("the event stream"):
                answer = self.client.put_records(StreamName=self.stream, Records=entries)
        except ThrottledError:
            return places
        return [
            place
            for place, result in zip(places, answer["Records"], strict=True)
            if result.get("ErrorCode")
        ]


def _entry(envelope: Envelope) -> PutRecordsRequestEntryTypeDef:
    return {"Data": envelope.to_json(), "PartitionKey": envelope.profile_id}
