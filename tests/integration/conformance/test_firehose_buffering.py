"""What Firehose takes from a stream is written together."""

from __future__ import annotations

import json

from conformance import ROLE, unique, wait_for

COLUMNS = [{"Name": "title_id", "Type": "string"}, {"Name": "seconds", "Type": "double"}]


def delivery(aws, **more):
    """A stream, read by a delivery stream; their names and the bucket it writes to."""
    stream, bucket = unique("stream"), aws.bucket()
    aws.client("kinesis").create_stream(StreamName=stream, ShardCount=1)
    aws.client("firehose").create_delivery_stream(
        DeliveryStreamName=unique("delivery"),
        DeliveryStreamType="KinesisStreamAsSource",
        KinesisStreamSourceConfiguration={
            "KinesisStreamARN": f"arn:aws:kinesis:us-east-1:000000000000:stream/{stream}",
            "RoleARN": ROLE,
        },
        ExtendedS3DestinationConfiguration={
            "RoleARN": ROLE,
            "BucketARN": f"arn:aws:s3:::{bucket}",
            "Prefix": "good/",
            "ErrorOutputPrefix": "bad/",
            **more,
        },
    )
    return stream, bucket


def parquet(aws) -> dict:
    database = unique("lake").replace("-", "_")
    glue = aws.client("glue")
    glue.create_database(DatabaseInput={"Name": database})
    glue.create_table(
        DatabaseName=database,
        TableInput={"Name": "events", "StorageDescriptor": {"Columns": COLUMNS}},
    )
    return {
        "Enabled": True,
        "InputFormatConfiguration": {"Deserializer": {"OpenXJsonSerDe": {}}},
        "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {}}},
        "SchemaConfiguration": {
            "DatabaseName": database,
            "TableName": "events",
            "RoleARN": ROLE,
            "Region": "us-east-1",
        },
    }


def put(aws, stream: str, *records: bytes) -> None:
    aws.client("kinesis").put_records(
        StreamName=stream,
        Records=[{"Data": record, "PartitionKey": "one"} for record in records],
    )


def events(count: int) -> list[bytes]:
    return [json.dumps({"title_id": f"t{n}", "seconds": n}).encode() for n in range(count)]


def test_records_of_a_moment_share_an_object(aws):
    stream, bucket = delivery(aws)
    put(aws, stream, *events(200))
    ((_, body),) = wait_for(lambda: aws.objects(bucket)).items()
    assert len(body.splitlines()) == 200


def test_records_of_a_moment_share_a_parquet_file(aws, tmp_path):
    import duckdb

    stream, bucket = delivery(aws, DataFormatConversionConfiguration=parquet(aws))
    put(aws, stream, *events(200))
    ((key, body),) = wait_for(lambda: aws.objects(bucket)).items()
    assert key.startswith("good/")
    file = tmp_path / "events.parquet"
    file.write_bytes(body)
    rows = duckdb.sql(f"SELECT count(*), sum(seconds) FROM '{file}'").fetchall()
    assert rows == [(200, sum(range(200)))]


def test_a_record_that_does_not_fit_the_table_takes_no_other_with_it(aws):
    stream, bucket = delivery(aws, DataFormatConversionConfiguration=parquet(aws))
    put(aws, stream, *events(2), b"no JSON")
    wait_for(lambda: len(aws.objects(bucket)) == 3)
    assert len(aws.objects(bucket, "good/")) == 2
    ((_, body),) = aws.objects(bucket, "bad/").items()
    assert json.loads(body)["lastErrorCode" if b"lastErrorCode" in body else "ErrorCode"]
