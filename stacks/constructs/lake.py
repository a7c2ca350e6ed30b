"""The lake: the event stream as Parquet, with the table that Athena reads it through."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy, Size, Stack
from aws_cdk import aws_athena as athena
from aws_cdk import aws_glue as glue
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.config import StageConfig

# The columns of schemas.events.Envelope, as the lake keeps them.
EVENT = (
    "struct<event_id:string,type:string,title_id:string,occurred_at:double,"
    "position_seconds:double,duration_seconds:double,rating:double>"
)
COLUMNS = {
    "schema": "int",
    "event": EVENT,
    "account_id": "string",
    "profile_id": "string",
    "received_at": "double",
}
SCAN_LIMIT_BYTES = 100 * 1024**3


class Lake(Construct):
    """Firehose from the stream to ``events/`` of the lake bucket, by day and hour."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: StageConfig,
        stream: kinesis.IStream,
        bucket: s3.IBucket,
    ) -> None:
        """Records that don't fit the table go to ``errors/`` of the same bucket."""
        super().__init__(scope, id)
        stack = Stack.of(self)
        database = f"marquee_{config.name}"
        self.database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=stack.account,
            database_input=glue.CfnDatabase.DatabaseInputProperty(name=database),
        )
        self.table = self._table(stack, database, bucket)
        self.table.add_dependency(self.database)
        self.delivery = firehose.DeliveryStream(
            self,
            "Delivery",
            source=firehose.KinesisStreamSource(stream),
            destination=self._destination(config, bucket),
        )
        self.workgroup = self._workgroup(bucket)

    def _table(self, stack: Stack, database: str, bucket: s3.IBucket) -> glue.CfnTable:
        parquet = "org.apache.hadoop.hive.ql.io.parquet"
        columns = [
            glue.CfnTable.ColumnProperty(name=name, type=kind) for name, kind in COLUMNS.items()
        ]
        # Partition projection: Athena computes the partitions, so nothing has to add them.
        location = bucket.s3_url_for_object("events")
        return glue.CfnTable(
            self,
            "Events",
            catalog_id=stack.account,
            database_name=database,
            table_input=glue.CfnTable.TableInputProperty(
                name="events",
                table_type="EXTERNAL_TABLE",
                parameters={
                    "classification": "parquet",
                    "projection.enabled": "true",
                    "projection.hour.type": "date",
                    "projection.hour.format": "yyyy/MM/dd/HH",
                    "projection.hour.range": "2026/01/01/00,NOW",
                    "projection.hour.interval": "1",
                    "projection.hour.interval.unit": "HOURS",
                    "storage.location.template": f"{location}/${{hour}}",
                },
                partition_keys=[glue.CfnTable.ColumnProperty(name="hour", type="string")],
                storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
                    columns=columns,
                    location=location,
                    input_format=f"{parquet}.MapredParquetInputFormat",
                    output_format=f"{parquet}.MapredParquetOutputFormat",
                    serde_info=glue.CfnTable.SerdeInfoProperty(
                        serialization_library=f"{parquet}.serde.ParquetHiveSerDe"
                    ),
                ),
            ),
        )

    def _destination(self, config: StageConfig, bucket: s3.IBucket) -> firehose.S3Bucket:
        group = logs.LogGroup(
            self,
            "DeliveryLogs",
            retention=logs.RetentionDays.TWO_WEEKS,
            removal_policy=RemovalPolicy.RETAIN if config.retain_data else RemovalPolicy.DESTROY,
        )
        return firehose.S3Bucket(
            bucket,
            data_output_prefix="events/!{timestamp:yyyy/MM/dd/HH}/",
            error_output_prefix="errors/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd/HH}/",
            buffering_interval=Duration.minutes(5),
            buffering_size=Size.mebibytes(128),
            logging_config=firehose.EnableLogging(group),
            data_format_conversion=firehose.DataFormatConversionProps(
                schema_configuration=firehose.SchemaConfiguration.from_cfn_table(self.table),
                input_format=firehose.InputFormat.OPENX_JSON,
                output_format=firehose.OutputFormat.PARQUET,
            ),
        )

    def _workgroup(self, bucket: s3.IBucket) -> athena.CfnWorkGroup:
        return athena.CfnWorkGroup(
            self,
            "Queries",
            name=Stack.of(self).stack_name,
            recursive_delete_option=True,
            work_group_configuration=athena.CfnWorkGroup.WorkGroupConfigurationProperty(
                enforce_work_group_configuration=True,
                publish_cloud_watch_metrics_enabled=True,
                bytes_scanned_cutoff_per_query=SCAN_LIMIT_BYTES,
                result_configuration=athena.CfnWorkGroup.ResultConfigurationProperty(
                    output_location=bucket.s3_url_for_object("athena/"),
                    encryption_configuration=athena.CfnWorkGroup.EncryptionConfigurationProperty(
                        encryption_option="SSE_S3"
                    ),
                ),
            ),
        )
