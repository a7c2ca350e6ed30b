"""The table of the lake's events: their one schema, as Glue and Athena know it."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_glue as glue
from aws_cdk import aws_s3 as s3
from constructs import Construct

EVENTS_PREFIX = "events"
TABLE = "events"
# The envelope on the stream, lambda_src/schemas/envelope.py, as columns. A field that an event's
# type does not have is null.
EVENT_FIELDS = {
    "event_id": "string",
    "type": "string",
    "title_id": "string",
    "occurred_at": "double",
    "position_seconds": "double",
    "duration_seconds": "double",
    "session_id": "string",
    "rating": "double",
    "row_id": "string",
    "position": "int",
    "model_version": "string",
    "propensity": "double",
    "query": "string",
    "result_count": "int",
    "startup_ms": "int",
    "playing_ms": "int",
    "rebuffer_ms": "int",
    "rebuffer_count": "int",
    "bitrate_kbps": "int",
    "top_bitrate_kbps": "int",
    "rendition_switches": "int",
    "error_codes": "array<string>",
    "failed": "boolean",
    "network": "string",
}
COLUMNS = {
    "schema": "int",
    "event": f"struct<{','.join(f'{name}:{kind}' for name, kind in EVENT_FIELDS.items())}>",
    "account_id": "string",
    "profile_id": "string",
    "received_at": "double",
    "occurred_at": "double",
    "clock": "string",
    "sent_at": "double",
    "country": "string",
    "maturity_ceiling": "int",
}
_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"


class EventTable(Construct):
    """A database of one table over ``events/`` of the lake, partitioned by day and hour."""

    def __init__(
        self, scope: Construct, id: str, *, database_name: str, bucket: s3.IBucket
    ) -> None:
        """Partitions are worked out by Athena itself, so nothing has to register them."""
        super().__init__(scope, id)
        account = Stack.of(self).account
        location = bucket.s3_url_for_object(EVENTS_PREFIX)
        self.database_name = database_name
        database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=account,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=database_name, description="What viewers did"
            ),
        )
        self.table = glue.CfnTable(
            self,
            "Table",
            catalog_id=account,
            database_name=database_name,
            table_input=glue.CfnTable.TableInputProperty(
                name=TABLE,
                table_type="EXTERNAL_TABLE",
                partition_keys=[_column("day", "date"), _column("hour", "int")],
                parameters=_partitions(location),
                storage_descriptor=_storage(location),
            ),
        )
        self.table.add_resource_dependency(database)

    def arns(self) -> list[str]:
        """What a reader of the schema must be allowed: catalogue, database and table."""
        stack, name = Stack.of(self), self.database_name
        return [
            stack.format_arn(service="glue", resource="catalog"),
            stack.format_arn(service="glue", resource="database", resource_name=name),
            stack.format_arn(service="glue", resource="table", resource_name=f"{name}/{TABLE}"),
        ]


def _storage(location: str) -> glue.CfnTable.StorageDescriptorProperty:
    return glue.CfnTable.StorageDescriptorProperty(
        location=location,
        columns=[_column(name, kind) for name, kind in COLUMNS.items()],
        input_format=f"{_PARQUET}.MapredParquetInputFormat",
        output_format=f"{_PARQUET}.MapredParquetOutputFormat",
        serde_info=glue.CfnTable.SerdeInfoProperty(
            serialization_library=f"{_PARQUET}.serde.ParquetHiveSerDe"
        ),
    )


def _column(name: str, kind: str) -> glue.CfnTable.ColumnProperty:
    return glue.CfnTable.ColumnProperty(name=name, type=kind)


def _partitions(location: str) -> dict[str, str]:
    return {
        "classification": "parquet",
        "projection.enabled": "true",
        "projection.day.type": "date",
        "projection.day.format": "yyyy-MM-dd",
        "projection.day.range": "2026-01-01,NOW+1DAY",
        "projection.hour.type": "integer",
        "projection.hour.range": "0,23",
        "projection.hour.digits": "2",
        "storage.location.template": f"{location}/day=${{day}}/hour=${{hour}}/",
    }
