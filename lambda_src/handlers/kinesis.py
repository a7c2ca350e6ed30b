"""What both consumers share: Lambda's Kinesis event as records of ours."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.data_classes import KinesisStreamEvent

from services.stream import StreamRecord


def records_of(event: dict[str, Any]) -> list[StreamRecord]:
    """The records of one invocation, in the shard's order."""
    return [
        StreamRecord(
            shard=record.event_id.partition(":")[0],
            sequence=kinesis.sequence_number,
            data=kinesis.data_as_bytes(),
            arrived_at=kinesis.approximate_arrival_timestamp,
        )
        for record in KinesisStreamEvent(event).records
        if (kinesis := record.kinesis)
    ]
