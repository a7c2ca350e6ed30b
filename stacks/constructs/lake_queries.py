"""The workgroup that asks the lake, and the questions it knows by name."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import aws_athena as athena
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.config import StageConfig

RESULTS_PREFIX = "athena"
QUERIES = Path(__file__).resolve().parents[1] / "queries"


class LakeQueries(Construct):
    """An Athena workgroup whose limits nobody can lift, and each file of ``stacks/queries/``."""

    def __init__(
        self, scope: Construct, id: str, *, config: StageConfig, database: str, bucket: s3.IBucket
    ) -> None:
        """Answers go below ``athena/`` of the bucket, whose lifecycle deletes them in a week."""
        super().__init__(scope, id)
        self.workgroup = _workgroup(self, config, bucket)
        for name, (question, sql) in named_queries().items():
            query = athena.CfnNamedQuery(
                self,
                "".join(word.title() for word in name.split("_")),
                name=name,
                description=question,
                database=database,
                query_string=sql,
                work_group=self.workgroup.name,
            )
            query.add_resource_dependency(self.workgroup)


def named_queries() -> dict[str, tuple[str, str]]:
    """Each file's question, its first line, and its text, by the file's name."""
    found = {}
    for path in sorted(QUERIES.glob("*.sql")):
        text = path.read_text(encoding="utf-8")
        question, _, _ = text.partition("\n")
        found[path.stem] = (question.removeprefix("-- "), text)
    return found


def _workgroup(scope: Construct, config: StageConfig, bucket: s3.IBucket) -> athena.CfnWorkGroup:
    group = athena.CfnWorkGroup
    return group(
        scope,
        "Workgroup",
        name=f"marquee-{config.name}",
        description="Questions to the lake; no single one may read it all",
        recursive_delete_option=not config.retain_data,
        work_group_configuration=group.WorkGroupConfigurationProperty(
            enforce_work_group_configuration=True,
            publish_cloud_watch_metrics_enabled=True,
            bytes_scanned_cutoff_per_query=config.athena_scan_limit_gb * 10**9,
            engine_version=group.EngineVersionProperty(
                selected_engine_version="Athena engine version 3"
            ),
            result_configuration=group.ResultConfigurationProperty(
                output_location=bucket.s3_url_for_object(f"{RESULTS_PREFIX}/"),
                expected_bucket_owner=config.account,
                encryption_configuration=group.EncryptionConfigurationProperty(
                    encryption_option="SSE_S3"
                ),
            ),
        ),
    )
