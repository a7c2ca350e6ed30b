"""The functions of the title workflow, each with no more than its step needs."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.config import StageConfig
from stacks.constructs.function import FunctionSettings, MarqueeFunction, layer
from stacks.constructs.grants import (
    DELIVERIES,
    read_objects,
    read_write_items,
    tag_objects,
    write_named_objects,
    write_objects,
)
from stacks.constructs.wheels import MEDIA_REQUIREMENTS

# Looking into a file, and copying some ten thousand segments.
EXAMINE_SECONDS, CHECK_SECONDS, ARRANGE_SECONDS, LIST_SECONDS = 300, 300, 900, 300
# The child that decodes may have two thirds of it.
MEDIA_MEMORY_MB = 3008


class TitleSteps(Construct):
    """Examine, check, arrange and list."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: StageConfig,
        titles: dynamodb.ITable,
        ingest: s3.Bucket,
        media: s3.Bucket,
    ) -> None:
        """Make the four functions and grant each its part of the table and the buckets."""
        super().__init__(scope, id)
        self._config = config
        in_ingest, in_media = (
            {"INGEST_BUCKET": ingest.bucket_name},
            {"MEDIA_BUCKET": media.bucket_name},
        )
        in_titles = {"TITLES_TABLE": titles.table_name}
        examine = self._function(
            "Examine",
            "title_examine",
            "Looks into a delivery; refuses it or orders its package",
            {**in_ingest, **in_titles},
            seconds=EXAMINE_SECONDS,
        )
        check = self._function(
            "Check", "title_check", "Plays what was packaged", in_ingest, seconds=CHECK_SECONDS
        )
        arrange = self._function(
            "Arrange",
            "title_arrange",
            "Lays a package out where it is played from",
            {**in_ingest, **in_media},
            seconds=ARRANGE_SECONDS,
        )
        listing = self._function(
            "List",
            "title_list",
            "Lets the titles table name a package",
            {**in_media, **in_titles},
            seconds=LIST_SECONDS,
            looks_into_media=False,
        )
        titles.grant_read_data(examine)
        for prefix in DELIVERIES:
            read_objects(ingest, examine, prefix)
            write_named_objects(ingest, examine, f"{prefix}/*/refused.json")
            read_objects(ingest, arrange, prefix)
        read_objects(ingest, check, "staging")
        read_objects(ingest, arrange, "staging")
        write_objects(media, arrange, "media")
        read_write_items(titles, listing)
        tag_objects(media, listing, "media")
        self.examine: lambda_.IFunction = examine.live
        self.check: lambda_.IFunction = check.live
        self.arrange: lambda_.IFunction = arrange.live
        self.list: lambda_.IFunction = listing.live

    def _function(
        self,
        id: str,
        handler: str,
        description: str,
        environment: Mapping[str, str],
        *,
        seconds: int,
        looks_into_media: bool = True,
    ) -> MarqueeFunction:
        settings = FunctionSettings(
            handler=handler,
            description=description,
            environment=environment,
            memory_mb=MEDIA_MEMORY_MB if looks_into_media else 512,
            timeout_seconds=seconds,
        )
        layers = [layer(self, self._config, MEDIA_REQUIREMENTS)] if looks_into_media else []
        return MarqueeFunction(self, id, config=self._config, settings=settings, layers=layers)


class PackagingRole(iam.Role):
    """What MediaConvert may do: read deliveries, write what it makes of them."""

    def __init__(self, scope: Construct, id: str, *, ingest: s3.Bucket) -> None:
        """The job's own; the state machine passes it."""
        super().__init__(
            scope,
            id,
            assumed_by=iam.ServicePrincipal("mediaconvert.amazonaws.com"),
            description="Packaging job: reads mezzanines, writes renditions to staging",
        )
        for prefix in DELIVERIES:
            read_objects(ingest, self, prefix)
        write_objects(ingest, self, "staging")
