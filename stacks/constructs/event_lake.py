"""The events' way into the lake, and those who ask it."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from schemas.lake import LANDING
from stacks.config import StageConfig
from stacks.constructs.acknowledge import acknowledge
from stacks.constructs.grants import write_objects
from stacks.constructs.lake_queries import LakeQueries
from stacks.constructs.lake_tables import LakeTables
from stacks.constructs.retention import retention

ERRORS_PREFIX = "errors"


class EventLake(Construct):
    """Parquet below ``landing/day=/hour=`` of the lake bucket, minutes after the event."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: StageConfig,
        stream: kinesis.IStream,
        bucket: s3.IBucket,
    ) -> None:
        """Read ``stream`` on its shared throughput; write ``bucket``."""
        super().__init__(scope, id)
        self._stream, self._bucket = stream, bucket
        self.tables = LakeTables(
            self, "Events", database_name=f"marquee_{config.name}", bucket=bucket
        )
        self._log_group = logs.LogGroup(
            self,
            "Logs",
            retention=retention(config.log_retention_days),
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.delivery = self._delivery(self._role())
        self.queries = LakeQueries(
            self, "Queries", config=config, database=self.tables.database_name, bucket=bucket
        )
        self.queries.node.add_dependency(self.tables)

    def _role(self) -> iam.Role:
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(
                "firehose.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            ),
            description="Firehose: reads the event stream, writes the lake as the table says",
        )
        _allow(role, "ReadStream", _STREAM_ACTIONS, self._stream.stream_arn)
        _allow(role, "SeeBucket", _BUCKET_ACTIONS, self._bucket.bucket_arn)
        _allow(role, "ReadSchema", ("glue:GetTableVersions",), *self.tables.arns(LANDING))
        for prefix in (LANDING, ERRORS_PREFIX):
            write_objects(self._bucket, role, prefix)
        self._log_group.grant_write(role)
        return role

    def _delivery(self, role: iam.Role) -> firehose.CfnDeliveryStream:
        log_stream = logs.LogStream(
            self, "LogStream", log_group=self._log_group, removal_policy=RemovalPolicy.DESTROY
        )
        stream = firehose.CfnDeliveryStream
        delivery = stream(
            self,
            "Delivery",
            delivery_stream_type="KinesisStreamAsSource",
            kinesis_stream_source_configuration=stream.KinesisStreamSourceConfigurationProperty(
                kinesis_stream_arn=self._stream.stream_arn, role_arn=role.role_arn
            ),
            extended_s3_destination_configuration=stream.ExtendedS3DestinationConfigurationProperty(
                bucket_arn=self._bucket.bucket_arn,
                role_arn=role.role_arn,
                prefix=f"{LANDING}/day=!{{timestamp:yyyy-MM-dd}}/hour=!{{timestamp:HH}}/",
                error_output_prefix=(
                    f"{ERRORS_PREFIX}/!{{firehose:error-output-type}}"
                    "/day=!{timestamp:yyyy-MM-dd}/"
                ),
                # 64 MB is the least that a conversion to Parquet takes.
                buffering_hints=stream.BufferingHintsProperty(
                    interval_in_seconds=300, size_in_m_bs=128
                ),
                cloud_watch_logging_options=stream.CloudWatchLoggingOptionsProperty(
                    enabled=True,
                    log_group_name=self._log_group.log_group_name,
                    log_stream_name=log_stream.log_stream_name,
                ),
                data_format_conversion_configuration=self._conversion(role),
            ),
        )
        acknowledge(
            delivery,
            "its source is a stream that is encrypted; Firehose keeps nothing of its own then, "
            "and refuses a key",
            "AwsSolutions-KDF1",
        )
        # Firehose tries its role as soon as it is made.
        delivery.node.add_dependency(role, self.tables)
        return delivery

    def _conversion(
        self, role: iam.Role
    ) -> firehose.CfnDeliveryStream.DataFormatConversionConfigurationProperty:
        stream = firehose.CfnDeliveryStream
        return stream.DataFormatConversionConfigurationProperty(
            enabled=True,
            input_format_configuration=stream.InputFormatConfigurationProperty(
                deserializer=stream.DeserializerProperty(
                    open_x_json_ser_de=stream.OpenXJsonSerDeProperty(case_insensitive=False)
                )
            ),
            output_format_configuration=stream.OutputFormatConfigurationProperty(
                serializer=stream.SerializerProperty(
                    parquet_ser_de=stream.ParquetSerDeProperty(compression="SNAPPY")
                )
            ),
            schema_configuration=stream.SchemaConfigurationProperty(
                catalog_id=Stack.of(self).account,
                database_name=self.tables.database_name,
                table_name=LANDING,
                region=Stack.of(self).region,
                role_arn=role.role_arn,
                version_id="LATEST",
            ),
        )


_STREAM_ACTIONS = tuple(
    f"kinesis:{action}"
    for action in ("DescribeStream", "GetRecords", "GetShardIterator", "ListShards")
)
_BUCKET_ACTIONS = ("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads")


def _allow(role: iam.Role, sid: str, actions: Sequence[str], *resources: str) -> None:
    role.add_to_policy(
        iam.PolicyStatement(sid=sid, actions=list(actions), resources=list(resources))
    )
