"""The tables of the lake as Glue, Athena and Spark know them, from the models of the events."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Stack
from aws_cdk import aws_glue as glue
from aws_cdk import aws_s3 as s3
from constructs import Construct

from schemas.lake import (
    EVENTS,
    LANDING,
    OUTCOMES,
    OUTCOMES_COLUMNS,
    PARTITION_KEYS,
    events_columns,
    landing_columns,
)

_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"


class LakeTables(Construct):
    """A database of three tables over the lake bucket, each below the prefix of its name.

    ``landing`` is found by Athena itself, folder by folder. The others have partitions in Glue:
    to change where one is, in one call, is how an hour or a day is replaced whole.
    """

    def __init__(
        self, scope: Construct, id: str, *, database_name: str, bucket: s3.IBucket
    ) -> None:
        """Make the database and its tables."""
        super().__init__(scope, id)
        self._bucket, self.database_name = bucket, database_name
        self._database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=Stack.of(self).account,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=database_name, description="What viewers did"
            ),
        )
        location = bucket.s3_url_for_object(LANDING)
        self._table("Landing", LANDING, landing_columns(), parameters=_by_itself(location))
        self._table("Table", EVENTS, events_columns())
        days = {"day": PARTITION_KEYS["day"]}
        self._table("Outcomes", OUTCOMES, OUTCOMES_COLUMNS, partitions=days)

    def arns(self, *tables: str) -> list[str]:
        """What a reader of those tables must be allowed: catalogue, database and tables."""
        stack, name = Stack.of(self), self.database_name
        return [
            stack.format_arn(service="glue", resource="catalog"),
            stack.format_arn(service="glue", resource="database", resource_name=name),
            *(
                stack.format_arn(service="glue", resource="table", resource_name=f"{name}/{table}")
                for table in tables
            ),
        ]

    def _table(
        self,
        id: str,
        name: str,
        columns: Mapping[str, str],
        *,
        partitions: Mapping[str, str] = PARTITION_KEYS,
        parameters: Mapping[str, str] | None = None,
    ) -> None:
        table = glue.CfnTable(
            self,
            id,
            catalog_id=Stack.of(self).account,
            database_name=self.database_name,
            table_input=glue.CfnTable.TableInputProperty(
                name=name,
                table_type="EXTERNAL_TABLE",
                partition_keys=_columns(partitions),
                parameters={"classification": "parquet", **(parameters or {})},
                storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
                    location=self._bucket.s3_url_for_object(name),
                    columns=_columns(columns),
                    input_format=f"{_PARQUET}.MapredParquetInputFormat",
                    output_format=f"{_PARQUET}.MapredParquetOutputFormat",
                    serde_info=glue.CfnTable.SerdeInfoProperty(
                        serialization_library=f"{_PARQUET}.serde.ParquetHiveSerDe"
                    ),
                ),
            ),
        )
        table.add_resource_dependency(self._database)


def _columns(columns: Mapping[str, str]) -> list[glue.CfnTable.ColumnProperty]:
    return [glue.CfnTable.ColumnProperty(name=name, type=kind) for name, kind in columns.items()]


def _by_itself(location: str) -> dict[str, str]:
    return {
        "projection.enabled": "true",
        "projection.day.type": "date",
        "projection.day.format": "yyyy-MM-dd",
        "projection.day.range": "2026-01-01,NOW+1DAY",
        "projection.hour.type": "integer",
        "projection.hour.range": "0,23",
        "projection.hour.digits": "2",
        "storage.location.template": f"{location}/day=${{day}}/hour=${{hour}}/",
    }
