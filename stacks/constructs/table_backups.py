"""Nightly backups of the tables, kept apart from what point-in-time recovery keeps."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_backup as backup
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from constructs import Construct

from stacks.config import StageConfig
from stacks.constructs.acknowledge import acknowledge
from stacks.constructs.retention import removal_policy


class TableBackups(Construct):
    """A vault, a nightly plan, and a role that may back up and restore.

    Point-in-time recovery goes away with its table; these stay.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: StageConfig,
        tables: Sequence[dynamodb.ITable],
    ) -> None:
        """Kept five weeks where the stage retains data, else one."""
        super().__init__(scope, id)
        self.vault = backup.BackupVault(
            self,
            "Vault",
            removal_policy=removal_policy(config),
        )
        plan = backup.BackupPlan(self, "Plan", backup_vault=self.vault)
        plan.add_rule(
            backup.BackupPlanRule(
                rule_name="Nightly",
                schedule_expression=events.Schedule.cron(hour="1", minute="30"),
                start_window=Duration.hours(1),
                completion_window=Duration.hours(6),
                delete_after=Duration.days(35 if config.retain_data else 7),
            )
        )
        selection = backup.BackupSelection(
            self,
            "Tables",
            backup_plan=plan,
            resources=[backup.BackupResource.from_dynamo_db_table(table) for table in tables],
            allow_restores=True,
        )
        acknowledge(
            selection,
            "AWS's own policies for backing up and restoring; what may be backed up is the "
            "selection's list",
            *(
                f"AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/{name}]"
                for name in _POLICIES
            ),
        )


_POLICIES = ("AWSBackupServiceRolePolicyForBackup", "AWSBackupServiceRolePolicyForRestores")
