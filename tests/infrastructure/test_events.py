"""The events stack: the stream, who reads it, and the lake's schema."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from schemas.lake import OUTCOMES_COLUMNS, events_columns, landing_columns
from stacks.constructs.lake_queries import named_queries
from tests.infrastructure.synthesis import Template, listed

Find = Callable[..., Template]
MAPPING = "AWS::Lambda::EventSourceMapping"


@pytest.fixture(scope="module")
def events(template: Find) -> Template:
    return template("events")


def _mapping(events: Template, consumer: str) -> dict[str, Any]:
    return events.named(MAPPING, consumer)


def test_the_stream_grows_by_itself(events: Template):
    mode = events.only("AWS::Kinesis::Stream")["StreamModeDetails"]
    assert mode == {"StreamMode": "ON_DEMAND"}


def test_the_stream_is_encrypted(events: Template):
    assert events.only("AWS::Kinesis::Stream")["StreamEncryption"]["EncryptionType"] == "KMS"


@pytest.mark.parametrize(("stage", "hours"), [("dev", 24), ("prod", 168)])
def test_the_stream_keeps_events_as_long_as_the_stage_says(template: Find, stage: str, hours: int):
    assert template("events", stage).only("AWS::Kinesis::Stream")["RetentionPeriodHours"] == hours


def test_the_profile_consumer_has_a_throughput_of_its_own(events: Template):
    (consumer,) = events.of_type("AWS::Kinesis::StreamConsumer")
    source = _mapping(events, "ProfileConsumer")["EventSourceArn"]
    assert source == {"Fn::GetAtt": [consumer, "ConsumerARN"]}


@pytest.mark.parametrize(
    ("setting", "profile", "trending"),
    [
        ("BatchSize", 500, 500),
        ("MaximumBatchingWindowInSeconds", 0, 5),
        ("ParallelizationFactor", 10, 2),
        ("MaximumRetryAttempts", 1000, 1000),
        ("MaximumRecordAgeInSeconds", 604_800, 604_800),
        ("BisectBatchOnFunctionError", True, True),
        ("FunctionResponseTypes", ["ReportBatchItemFailures"], ["ReportBatchItemFailures"]),
        ("StartingPosition", "TRIM_HORIZON", "TRIM_HORIZON"),
    ],
)
def test_delivery_settings_are_all_said(
    events: Template, setting: str, profile: object, trending: object
):
    assert _mapping(events, "ProfileConsumer")[setting] == profile
    assert _mapping(events, "TrendingConsumer")[setting] == trending


@pytest.mark.parametrize("consumer", ["ProfileConsumer", "TrendingConsumer"])
def test_what_is_given_up_goes_to_the_failure_bucket(events: Template, consumer: str):
    destination = _mapping(events, consumer)["DestinationConfig"]["OnFailure"]["Destination"]
    assert "Failures" in str(destination)


@pytest.mark.parametrize("consumer", ["ProfileConsumer", "TrendingConsumer"])
def test_a_mapping_invokes_the_alias(events: Template, consumer: str):
    assert "Live" in str(_mapping(events, consumer)["FunctionName"])


@pytest.mark.parametrize("consumer", ["ProfileConsumer", "TrendingConsumer"])
def test_a_consumer_waits_for_its_rights(events: Template, consumer: str):
    (mapping,) = (
        resource for name, resource in events.of_type(MAPPING).items() if name.startswith(consumer)
    )
    assert any("DefaultPolicy" in name for name in mapping["DependsOn"])


def test_the_lake_is_parquet_by_day_and_hour(events: Template):
    target = events.only("AWS::KinesisFirehose::DeliveryStream")[
        "ExtendedS3DestinationConfiguration"
    ]
    assert target["Prefix"] == "landing/day=!{timestamp:yyyy-MM-dd}/hour=!{timestamp:HH}/"
    output = target["DataFormatConversionConfiguration"]["OutputFormatConfiguration"]
    assert output["Serializer"] == {"ParquetSerDe": {"Compression": "SNAPPY"}}


def test_what_firehose_cannot_convert_is_kept(events: Template):
    target = events.only("AWS::KinesisFirehose::DeliveryStream")[
        "ExtendedS3DestinationConfiguration"
    ]
    assert target["ErrorOutputPrefix"].startswith("errors/!{firehose:error-output-type}/")


def _table(events: Template, name: str) -> dict[str, Any]:
    inputs = [table["TableInput"] for table in events.properties("AWS::Glue::Table")]
    (found,) = (table for table in inputs if table["Name"] == name)
    return found


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("landing", landing_columns()),
        ("events", events_columns()),
        ("outcomes", OUTCOMES_COLUMNS),
    ],
)
def test_a_table_has_the_columns_of_the_models(
    events: Template, name: str, columns: dict[str, str]
):
    described = _table(events, name)["StorageDescriptor"]["Columns"]
    assert {column["Name"]: column["Type"] for column in described} == columns


def test_firehose_writes_what_the_landing_table_says(events: Template):
    target = events.only("AWS::KinesisFirehose::DeliveryStream")[
        "ExtendedS3DestinationConfiguration"
    ]
    schema = target["DataFormatConversionConfiguration"]["SchemaConfiguration"]
    assert schema["TableName"] == "landing"


def test_athena_finds_what_landed_by_itself_and_shows_of_the_rest_what_was_swapped_in(
    events: Template,
):
    assert _table(events, "landing")["Parameters"]["projection.enabled"] == "true"
    for name in ("events", "outcomes"):
        assert "projection.enabled" not in _table(events, name)["Parameters"]


def test_every_question_is_kept_with_its_text(events: Template):
    kept = {
        query["Name"]: (query["Description"], query["QueryString"])
        for query in events.properties("AWS::Athena::NamedQuery")
    }
    assert kept == named_queries()
    assert len(kept) == 5


def test_one_upkeep_at_a_time_every_hour(events: Template):
    function = events.named("AWS::Lambda::Function", "LakeUpkeep")
    assert function["ReservedConcurrentExecutions"] == 1
    assert (function["Timeout"], function["EphemeralStorage"]) == (900, {"Size": 10_240})
    schedule = events.only("AWS::Scheduler::Schedule")
    assert schedule["ScheduleExpression"] == "cron(20 * * * ? *)"


def test_upkeep_deletes_nothing_that_landed(events: Template):
    deletes = [
        statement["Resource"]
        for where, statement in events.statements()
        if "s3:DeleteObject" in listed(statement["Action"]) and "LakeUpkeep" in where
    ]
    assert len(deletes) == 1
    assert "/events/*" in str(deletes)


@pytest.mark.parametrize(("stage", "limit"), [("dev", 10**10), ("prod", 10**12)])
def test_no_query_reads_the_whole_lake(template: Find, stage: str, limit: int):
    settings = template("events", stage).only("AWS::Athena::WorkGroup")["WorkGroupConfiguration"]
    assert settings["BytesScannedCutoffPerQuery"] == limit
    assert settings["EnforceWorkGroupConfiguration"] is True


def test_query_results_are_encrypted(events: Template):
    settings = events.only("AWS::Athena::WorkGroup")["WorkGroupConfiguration"]
    assert "EncryptionConfiguration" in settings["ResultConfiguration"]
