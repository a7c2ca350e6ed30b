"""What a million events cost on each path, from prices that AWS publishes.

The prices are those of us-east-1, on demand, without free tiers and discounts. The command does
not fetch them: ``since`` is when the price was last changed as far as its page says.
"""

from __future__ import annotations

from dataclasses import dataclass

MILLION = 1_000_000
GIGABYTE = 2**30


@dataclass(frozen=True)
class Price:
    """Dollars for a unit, and the page that says so."""

    dollars: float
    unit: str
    page: str
    since: str


_KINESIS = "Amazon Kinesis Data Streams Pricing"
PRICES = {
    "request": Price(1.00, "million HTTP API requests", "Amazon API Gateway Pricing", "2019-12"),
    "invocation": Price(0.20, "million requests", "AWS Lambda Pricing", "2014-11"),
    "compute": Price(0.0000133334, "GB-second, Arm", "AWS Lambda Pricing", "2021-09"),
    "put": Price(
        0.08, "GB in, records in whole KB", "Amazon Kinesis Data Streams Pricing", "2021-11"
    ),
    "get": Price(0.04, "GB out", "Amazon Kinesis Data Streams Pricing", "2021-11"),
    "fan_out": Price(
        0.05, "GB out, enhanced fan-out", "Amazon Kinesis Data Streams Pricing", "2021-11"
    ),
    "write": Price(0.625, "million write request units", "Amazon DynamoDB Pricing", "2024-11"),
    "read": Price(0.125, "million read request units", "Amazon DynamoDB Pricing", "2024-11"),
    "firehose": Price(
        0.029, "GB, records in whole 5 KB", "Amazon Data Firehose Pricing", "2017-08"
    ),
    "parquet": Price(
        0.018, "GB converted, in whole 5 KB", "Amazon Data Firehose Pricing", "2018-05"
    ),
}
# A write in a transaction of an item of up to 1 KB (Amazon DynamoDB Pricing: request units).
UNITS_OF_A_TRANSACTED_WRITE = 2


@dataclass(frozen=True)
class Workload:
    """What the sums depend on; rates are measured by the same command."""

    events_per_request: float = 10.0
    events_per_batch: float = 100.0
    record_bytes: float = 330.0
    stateful_share: float = 0.8  # the rest says nothing of a title's state
    events_per_item: float = 1.0  # of a batch, on one profile and title
    ingest_per_second: float = 20_000.0
    consumer_per_second: float = 10_000.0
    # Of the windows' consumer: what its transactions write for an event, and its own speed.
    window_writes_per_event: float = 1.0
    windows_per_second: float = 10_000.0
    storage_seconds_per_batch: float = 0.05
    request_seconds: float = 0.02


def costs(load: Workload) -> dict[str, dict[str, float]]:
    """Dollars for a million events, by path and part."""
    price = {name: entry.dollars for name, entry in PRICES.items()}
    requests, batches = MILLION / load.events_per_request, MILLION / load.events_per_batch
    gigabytes = MILLION * load.record_bytes / GIGABYTE
    whole_kilobytes = _in_whole(1024, load.record_bytes)
    firehose_gigabytes = _in_whole(5 * 1024, load.record_bytes)
    items = MILLION * load.stateful_share / load.events_per_item
    ingest_seconds = requests * load.request_seconds + MILLION / load.ingest_per_second
    consumer_seconds = batches * load.storage_seconds_per_batch + MILLION / load.consumer_per_second
    window_seconds = batches * load.storage_seconds_per_batch + MILLION / load.windows_per_second
    window_units = MILLION * load.window_writes_per_event * UNITS_OF_A_TRANSACTED_WRITE
    return {
        "ingest": {
            "HTTP API": requests / MILLION * price["request"],
            "Lambda requests": requests / MILLION * price["invocation"],
            "Lambda compute (0.5 GB)": 0.5 * ingest_seconds * price["compute"],
            "reading the profile": requests / MILLION * price["read"],
            "Kinesis in": whole_kilobytes * price["put"],
        },
        "profiles": {
            "Kinesis out, fan-out": gigabytes * price["fan_out"],
            "Lambda requests": batches / MILLION * price["invocation"],
            "Lambda compute (1 GB)": consumer_seconds * price["compute"],
            "reading profiles (half a unit)": 0.5 * items / MILLION * price["read"],
            "reading states": items / MILLION * price["read"],
            "writing states": items / MILLION * price["write"],
        },
        "windows": {
            "Kinesis out": gigabytes * price["get"],
            "Lambda requests": batches / MILLION * price["invocation"],
            "Lambda compute (0.5 GB)": 0.5 * window_seconds * price["compute"],
            "writing markers and rows": window_units / MILLION * price["write"],
        },
        "lake": {
            "Kinesis out": gigabytes * price["get"],
            "Firehose": firehose_gigabytes * price["firehose"],
            "conversion to Parquet": firehose_gigabytes * price["parquet"],
        },
    }


def _in_whole(size: int, record_bytes: float) -> float:
    """Gigabytes of a million records, each counted in whole parts of ``size`` bytes."""
    return MILLION * -(-record_bytes // size) * size / GIGABYTE
